"""All or nothing, with a verdict on every tensor, from either format."""

import logging

import keras
import numpy as np
import pytest

from baselines.errors import InputError
from baselines.weights import safetensors_file, tensorflow_checkpoint
from baselines.weights.load import load_weights, weights_by_path
from baselines.weights.names import WeightName
from baselines.weights.save import save_google, save_hugging_face

V, D, C = 7, 4, 3
NAMES = {
    "Embedding-Token/embeddings": WeightName(
        "bert/embeddings/word_embeddings", "bert.embeddings.word_embeddings.weight"
    ),
    "Embedding-Norm/gamma": WeightName("bert/embeddings/LayerNorm/gamma", "bert.embeddings.LayerNorm.weight"),
    "Embedding-Norm/beta": WeightName("bert/embeddings/LayerNorm/beta", "bert.embeddings.LayerNorm.bias"),
    "Pooler-Dense/kernel": WeightName("bert/pooler/dense/kernel", "bert.pooler.dense.weight", transposed=True),
    "Pooler-Dense/bias": WeightName("bert/pooler/dense/bias", "bert.pooler.dense.bias"),
    "NSP-Proba/kernel": WeightName("cls/seq_relationship/output_weights", "cls.seq_relationship.weight", True),
    "NSP-Proba/bias": WeightName("cls/seq_relationship/output_bias", "cls.seq_relationship.bias"),
    "MLM-Bias/bias": WeightName("cls/predictions/output_bias", "cls.predictions.bias"),
}


class Bias(keras.layers.Layer):
    def build(self, shape):
        self.bias = self.add_weight(shape=shape[-1:], name="bias")

    def call(self, x):
        return x + self.bias


def build(seed, vocabulary=V, pooler=True, nsp=False, mlm=False, head=False):
    """A small model with random weights in every place, dropout's random state included."""
    inputs = keras.Input((None,), dtype="int32")
    table = keras.layers.ReversibleEmbedding(vocabulary, D, name="Embedding-Token")
    x = keras.layers.LayerNormalization(name="Embedding-Norm")(table(inputs))
    outputs = [x := keras.layers.Dropout(0.1, name="Embedding-Dropout")(x)]
    if pooler:
        outputs.append(keras.layers.Dense(D + 1, name="Pooler-Dense")(x))
    if nsp:
        outputs.append(keras.layers.Dense(2, name="NSP-Proba")(outputs[-1]))
    if mlm:
        outputs.append(Bias(name="MLM-Bias")(table(x, reverse=True)))
    if head:
        outputs.append(keras.layers.Dense(C, name="head")(x))
    model = keras.Model(inputs, outputs)
    random = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(random.normal(size=weight.shape))
    return model


def arrays(model):
    return {path: keras.ops.convert_to_numpy(weight) for path, weight in weights_by_path(model).items()}


def assert_same_weights(model, other):
    ours, theirs = arrays(model), arrays(other)
    assert ours.keys() == theirs.keys()
    for path in ours:
        np.testing.assert_array_equal(ours[path], theirs[path], err_msg=path)


SAVE = {
    "hugging_face": lambda model, folder: save_hugging_face(model, folder, NAMES),
    "google": lambda model, folder: save_google(model, folder / "bert_model.ckpt", NAMES),
}
both_formats = pytest.mark.parametrize("save", SAVE.values(), ids=SAVE)


@both_formats
@pytest.mark.keras
def test_round_trip(tmp_path, save):
    model = build(1, nsp=True, mlm=True)
    save(model, tmp_path)
    other = build(2, nsp=True, mlm=True)
    verdict = load_weights(other, tmp_path, NAMES)
    assert_same_weights(model, other)
    assert (len(verdict.used), verdict.unused, verdict.fresh) == (8, (), ())


def test_hugging_face_kernels_are_stored_as_out_in(tmp_path):
    model = build(1, nsp=True)
    save_hugging_face(model, tmp_path, NAMES)
    stored = safetensors_file.read(tmp_path)
    np.testing.assert_array_equal(stored["bert.pooler.dense.weight"], arrays(model)["Pooler-Dense/kernel"].T)
    assert stored.shape("cls.seq_relationship.weight") == (2, D + 1)


def test_google_kernels_are_stored_as_in_out_but_for_next_sentence(tmp_path):
    save_google(build(1, nsp=True), tmp_path / "a", NAMES)
    stored = tensorflow_checkpoint.read(tmp_path / "a")
    assert stored.shape("bert/pooler/dense/kernel") == (D, D + 1)
    assert stored.shape("cls/seq_relationship/output_weights") == (2, D + 1)


def renamed(tmp_path, rename, **extra):
    """A file of the model build(1), with other names."""
    save_hugging_face(build(1), tmp_path / "saved", NAMES)
    stored = safetensors_file.read(tmp_path / "saved")
    safetensors_file.write(tmp_path / "model.safetensors", {rename(name): stored[name] for name in stored} | extra)
    return tmp_path


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name.removeprefix("bert."),
        lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
    ],
    ids=["without prefix", "gamma and beta"],
)
def test_other_spellings_of_hugging_face_names(tmp_path, rename):
    other = build(2)
    load_weights(other, renamed(tmp_path, rename), NAMES)
    assert_same_weights(other, build(1))


def test_google_names_with_output_numbers(tmp_path):
    tensors = {f"{NAMES[path].google}:0": array for path, array in arrays(build(1)).items()}
    tensorflow_checkpoint.write(tmp_path / "a", tensors | {"global_step": np.int64(3)})
    other = build(2)
    verdict = load_weights(other, tmp_path / "a", NAMES)
    assert_same_weights(other, build(1))
    assert [fate.name for fate in verdict.unused] == ["global_step"]


@both_formats
def test_a_head_that_was_not_asked_for_is_harmless(tmp_path, save):
    save(build(1, nsp=True, mlm=True, head=True), tmp_path)
    verdict = load_weights(build(2, pooler=False), tmp_path, NAMES)
    assert len(verdict.used) == 3
    assert {fate.reason for fate in verdict.unused} == {"a head that was not asked for"}


@both_formats
def test_a_head_that_was_asked_for_and_is_missing_fails_with_nothing_assigned(tmp_path, save):
    save(build(1, pooler=False), tmp_path)
    other = build(2)
    with pytest.raises(InputError, match=r"2 missing: Pooler-Dense/kernel \(4, 5\), looked for as bert"):
        load_weights(other, tmp_path, NAMES)
    assert_same_weights(other, build(2))


@both_formats
def test_partial_loading_on_request_says_what_it_did(tmp_path, save, caplog):
    save(build(1, vocabulary=V + 2, pooler=False), tmp_path)
    other = build(2)
    with caplog.at_level(logging.WARNING):
        verdict = load_weights(other, tmp_path, NAMES, ignore_mismatched=True)
    before, after, saved = arrays(build(2)), arrays(other), arrays(build(1, vocabulary=V + 2, pooler=False))
    assert sorted(fate.path for fate in verdict.used) == ["Embedding-Norm/beta", "Embedding-Norm/gamma"]
    for path, array in after.items():
        source = saved if path.startswith("Embedding-Norm") else before
        np.testing.assert_array_equal(array, source[path], err_msg=path)
    assert [(fate.path, fate.expected, fate.received) for fate in verdict.misshaped] == [
        ("Embedding-Token/embeddings", (V, D), (V + 2, D))
    ]
    assert verdict.summary() in caplog.text


@both_formats
def test_a_vocabulary_of_another_checkpoint(tmp_path, save):
    save(build(1, vocabulary=V + 2), tmp_path)
    other = build(2)
    with pytest.raises(InputError, match="the checkpoint embeds 9 tokens .* the vocabulary of the model has 7"):
        load_weights(other, tmp_path, NAMES)
    assert_same_weights(other, build(2))


def test_an_unknown_tensor_fails(tmp_path):
    extra = {"bert.encoder.layer.12.output.dense.weight": np.zeros((2, 2), np.float32)}
    with pytest.raises(InputError, match=r"1 not expected: bert.encoder.layer.12.output.dense.weight \(2, 2\)"):
        load_weights(build(2), renamed(tmp_path, str, **extra), NAMES)


def test_another_family_is_refused_even_partially(tmp_path):
    folder = renamed(tmp_path, lambda name: f"vision.{name}")
    with pytest.raises(InputError, match=r"no tensor fits the model. Expected names like bert.*Received: vision.bert"):
        load_weights(build(2), folder, NAMES, ignore_mismatched=True)


@both_formats
def test_adapting_an_embedding(tmp_path, save):
    save(build(1), tmp_path)
    other = build(2, vocabulary=3)
    kept = [5, 0, 6]
    load_weights(other, tmp_path, NAMES, adapt={"Embedding-Token/embeddings": lambda array: array[kept]})
    expected = arrays(build(1))["Embedding-Token/embeddings"][kept]
    np.testing.assert_array_equal(arrays(other)["Embedding-Token/embeddings"], expected)


def test_adapters_see_our_layout(tmp_path):
    save_hugging_face(build(1), tmp_path, NAMES)
    other = build(2)
    load_weights(other, tmp_path, NAMES, adapt={"Pooler-Dense/kernel": lambda array: array[:, ::-1]})
    expected = arrays(build(1))["Pooler-Dense/kernel"][:, ::-1]
    np.testing.assert_array_equal(arrays(other)["Pooler-Dense/kernel"], expected)


@both_formats
def test_a_new_task_head_stays_as_it_is(tmp_path, save):
    save(build(1), tmp_path)
    other = build(2, head=True)
    verdict = load_weights(other, tmp_path, NAMES)
    assert verdict.fresh == ("head/kernel", "head/bias")
    for path in verdict.fresh:
        np.testing.assert_array_equal(arrays(other)[path], arrays(build(2, head=True))[path])


@both_formats
def test_a_saved_task_head_comes_back_on_request(tmp_path, save):
    model, other = build(1, head=True), build(2, head=True)
    save(model, tmp_path)
    verdict = load_weights(other, tmp_path, NAMES, task_weights=True)
    assert_same_weights(model, other)
    assert (len(verdict.used), verdict.fresh) == (7, ())


@both_formats
def test_a_task_head_that_was_not_saved_is_missing(tmp_path, save):
    save(build(1), tmp_path)
    with pytest.raises(InputError, match=r"2 missing: head/kernel \(4, 3\), looked for as baselines.head/kernel"):
        load_weights(build(2, head=True), tmp_path, NAMES, task_weights=True)


def tied_decoder(tmp_path, **extra):
    save_hugging_face(build(1, mlm=True), tmp_path, NAMES)
    stored = dict(safetensors_file.read(tmp_path))
    decoder = {
        "cls.predictions.decoder.weight": stored["bert.embeddings.word_embeddings.weight"],
        "cls.predictions.decoder.bias": stored["cls.predictions.bias"],
    }
    safetensors_file.write(tmp_path / "model.safetensors", stored | decoder | extra)
    return tmp_path


def test_a_tied_decoder_repeats_the_embedding(tmp_path):
    verdict = load_weights(build(2, mlm=True), tied_decoder(tmp_path), NAMES)
    assert sorted(fate.reason for fate in verdict.unused) == [
        "repeats bert.embeddings.word_embeddings.weight",
        "repeats cls.predictions.bias",
    ]


def test_a_decoder_of_its_own_is_not_dropped_silently(tmp_path):
    folder = tied_decoder(tmp_path, **{"cls.predictions.decoder.weight": np.zeros((V, D), np.float32)})
    with pytest.raises(InputError, match="decoder.weight .*: differs from bert.embeddings.word_embeddings.weight"):
        load_weights(build(2, mlm=True), folder, NAMES)
    load_weights(build(2), folder, NAMES)


def test_a_decoder_bias_alone_is_the_bias(tmp_path):
    stored = dict(safetensors_file.read(tied_decoder(tmp_path)))
    bias = stored.pop("cls.predictions.bias")
    safetensors_file.write(tmp_path / "model.safetensors", stored)
    other = build(2, mlm=True)
    load_weights(other, tmp_path, NAMES)
    np.testing.assert_array_equal(arrays(other)["MLM-Bias/bias"], bias)


@pytest.mark.keras
def test_half_precision_is_widened(tmp_path):
    ours = arrays(build(1))
    for dtype in ("float16", "bfloat16"):
        tensors = {NAMES[path].google: array.astype(dtype) for path, array in ours.items()}
        tensorflow_checkpoint.write(tmp_path / dtype, tensors)
        other = build(2)
        load_weights(other, tmp_path / dtype, NAMES)
        for path, array in arrays(other).items():
            assert array.dtype == np.float32
            np.testing.assert_array_equal(array, ours[path].astype(dtype).astype(np.float32))


def test_a_corrupt_tensor_leaves_the_model_as_it_was(tmp_path):
    save_google(build(1), tmp_path / "a", NAMES)
    data = tmp_path / "a.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-1] + b"\x99")
    other = build(2)
    with pytest.raises(InputError, match="checksum of .* does not match"):
        load_weights(other, tmp_path / "a", NAMES)
    assert_same_weights(other, build(2))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.dense = keras.layers.Dense(2, name="Pooler-Dense")

    def call(self, x):
        return self.dense(x)


def test_a_subclassed_models_own_name_is_no_part_of_a_path():
    model = Subclassed()
    model(np.zeros((1, 3), np.float32))
    assert list(weights_by_path(model)) == ["Pooler-Dense/kernel", "Pooler-Dense/bias"]


def test_two_weights_of_one_path_are_refused():
    inputs = keras.Input((3,))
    inner = keras.Model(inputs, keras.layers.Dense(3, name="same")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, name="same")(inner(inputs)))
    with pytest.raises(ValueError, match="Received more for: .'same/kernel', 'same/bias'."):
        weights_by_path(model)


@pytest.mark.keras
def test_random_state_is_no_weight(tmp_path):
    save_hugging_face(build(1), tmp_path, NAMES)
    assert sorted(safetensors_file.read(tmp_path)) == sorted(NAMES[path].hugging_face for path in arrays(build(1)))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
@both_formats
def test_numbers_that_are_not_finite_leave_the_model_as_it_was(tmp_path, save, value):
    model = build(1)
    save(model, tmp_path)
    module = safetensors_file if (tmp_path / "model.safetensors").exists() else tensorflow_checkpoint
    file = tmp_path / ("model.safetensors" if module is safetensors_file else "bert_model.ckpt")
    tensors = {name: np.array(array, np.float64) for name, array in module.read(file).items()}
    tensors[NAMES["Pooler-Dense/bias"].hugging_face if module is safetensors_file else NAMES["Pooler-Dense/bias"].google][2] = value
    module.write(file, tensors)
    other = build(2)
    with pytest.raises(InputError, match="1 of the 5 numbers of bert.pooler.dense.bias are NaN or infinite"):
        load_weights(other, tmp_path, NAMES)
    assert_same_weights(other, build(2))


def test_a_flipped_bit_in_a_file_of_ours_is_seen(tmp_path):
    save_hugging_face(build(1), tmp_path, NAMES)
    path = tmp_path / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(InputError, match="model.safetensors: checksum mismatch"):
        load_weights(build(2), tmp_path, NAMES)


def test_optimizer_slots_under_any_name(tmp_path):
    save_google(build(1), tmp_path / "a", NAMES)
    tensors = dict(tensorflow_checkpoint.read(tmp_path / "a"))
    slots = {f"{name}/AdamWeightDecayOptimizer{end}": array for name, array in tensors.items() for end in ("", "_1")}
    tensorflow_checkpoint.write(tmp_path / "a", tensors | slots)
    verdict = load_weights(build(2), tmp_path / "a", NAMES)
    assert verdict.complete and {fate.reason for fate in verdict.unused} == {"optimizer state"}
    assert len(verdict.unused) == len(slots)
