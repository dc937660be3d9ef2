"""What holds for every family: padding changes nothing, the future is unseen, every weight learns, and so on."""

import keras
import numpy as np
import pytest
import small
from keras import ops

from baselines.models.builder import build_transformer_model

pytestmark = pytest.mark.keras
FAMILIES = ("bert", "nezha", "roformer")
CONFIG = {**small.CONFIG, "max_position_embeddings": 32, "initializer_range": 0.3}
HEADS = {"with_pool": True, "with_nsp": True, "with_mlm": True}


def build(family, mask="bidirectional", **options):
    return build_transformer_model(CONFIG, model=family, mask=mask, **options)


def rows(length, real=None, prefix=None, mask="prefix"):
    """Two random rows; tokens from `real` on are padding, segments 1 from `prefix` on."""
    real, prefix = real or length, length // 2 if prefix is None else prefix
    token_ids = np.random.default_rng(length).integers(1, 40, (2, length)).astype("int32")
    position = np.arange(length)
    token_ids[:, real:] = 0
    segment_ids = np.tile((position >= prefix) & (position < real), (2, 1)).astype("int32")
    batch = {"token_ids": token_ids, "segment_ids": segment_ids}
    return batch | ({"prefix_length": np.full(2, prefix, "int32")} if mask == "prefix_length" else {})


def run(model, batch):
    return {name: ops.convert_to_numpy(ops.cast(value, "float32")) for name, value in model(batch).items()}


@pytest.mark.parametrize("mask", ["bidirectional", "causal", "prefix", "prefix_length"])
@pytest.mark.parametrize("family", FAMILIES)
def test_padding_changes_nothing(family, mask):
    model = build(family, mask, **HEADS)
    batch = rows(6, prefix=3, mask=mask)
    padded = {name: np.pad(value, ((0, 0), (0, 5))) if value.ndim == 2 else value for name, value in batch.items()}
    plain, found = run(model, batch), run(model, padded)
    for name, value in plain.items():
        same = found[name][:, :6] if value.ndim == 3 else found[name]
        np.testing.assert_allclose(same, value, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("mask, first", [("causal", 0), ("prefix", 4), ("prefix_length", 4)])
def test_changing_a_token_changes_nothing_before_it(family, mask, first):
    model = build(family, mask)
    batch = rows(8, prefix=4, mask=mask)
    before = run(model, batch)["hidden_states"]
    for k in (max(first, 1), 6):
        changed = batch | {"token_ids": batch["token_ids"].copy()}
        changed["token_ids"][:, k] = 39 - changed["token_ids"][:, k] % 39
        after = run(model, changed)["hidden_states"]
        np.testing.assert_allclose(after[:, :k], before[:, :k], atol=1e-6)
        assert (np.abs(after - before)[:, k:].max(axis=(0, 2)) > 1e-4).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_source_does_not_see_the_target(family):
    model = build(family, "prefix")
    batch = rows(8, prefix=5)
    source = {name: value[:, :5] for name, value in batch.items()}
    np.testing.assert_allclose(
        run(model, batch)["hidden_states"][:, :5], run(model, source)["hidden_states"], atol=1e-5
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_masks_agree_where_they_say_the_same(family):
    models = {mask: build(family, mask) for mask in ("bidirectional", "causal", "prefix", "prefix_length")}
    for model in models.values():
        model.set_weights(models["causal"].get_weights())

    def states(mask, prefix):
        return run(models[mask], rows(7, prefix=prefix, mask=mask))["hidden_states"]

    for prefix, same in ((0, "causal"), (1, "causal"), (3, "prefix"), (7, "bidirectional")):
        np.testing.assert_allclose(states("prefix_length", prefix), states(same, prefix), atol=1e-5)
        np.testing.assert_allclose(states("prefix", prefix), states(same, prefix), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_weight_learns(family):
    model = build(family, dropout_rate=0, attention_dropout_rate=0, residual_attention_scores=True, **HEADS)
    outputs = [model.output["nsp"], ops.max(model.output["mlm"], axis=-1)]
    trained = keras.Model(model.input, outputs)
    trained.compile(keras.optimizers.SGD(1.0), loss="mse", jit_compile=keras.backend.backend() == "jax")
    before = [ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    targets = [np.array([[1, 0], [1, 0]], "float32"), np.ones((2, 8), "float32")]
    trained.train_on_batch(rows(8), targets)
    for weight, value in zip(model.trainable_weights, before, strict=True):
        if not weight.path.endswith("key/bias"):                        # adds the same to all scores of a row
            assert np.abs(ops.convert_to_numpy(weight) - value).max() > 0, weight.path


@pytest.mark.parametrize("family", FAMILIES)
def test_compiled_is_the_same_as_eager(family):
    model = build(family, **HEADS)
    batch = rows(8, real=6)
    eager = run(model, batch)
    model.compile(jit_compile=True)
    for name, value in model.predict(batch, verbose=0).items():
        np.testing.assert_allclose(value, eager[name], atol=1e-5)


@pytest.mark.parametrize(
    "family, dtype", [("bert", "mixed_float16"), ("nezha", "mixed_bfloat16"), ("roformer", "mixed_float16")]
)
def test_half_precision_is_finite_with_float32_probabilities(family, dtype):
    before = keras.config.dtype_policy()
    half = build(family, dtype=dtype, residual_attention_scores=True, **HEADS)
    assert keras.config.dtype_policy() is before
    outputs = half(rows(8, real=5))
    assert keras.backend.standardize_dtype(outputs["hidden_states"].dtype) == dtype.removeprefix("mixed_")
    assert keras.backend.standardize_dtype(outputs["mlm"].dtype) == "float32"
    for name, value in run(half, rows(8, real=5)).items():
        assert np.isfinite(value).all(), name
    np.testing.assert_allclose(run(half, rows(8, real=5))["mlm"].sum(-1), 1, atol=1e-5)


def test_weights_begin_as_in_bert():
    config = {**CONFIG, "vocab_size": 4000, "hidden_size": 64, "initializer_range": 0.02}
    model = build_transformer_model(config, **HEADS)
    for weight in model.trainable_weights:
        value = ops.convert_to_numpy(weight)
        if weight.path.endswith(("bias", "beta")):
            assert not value.any(), weight.path
        elif weight.path.endswith("gamma"):
            assert (value == 1).all(), weight.path
        else:
            assert np.abs(value).max() <= 0.04 + 1e-6, weight.path
            if value.size > 1000:
                assert abs(value.std() - 0.01759) < 0.0015, weight.path
    tables = [ops.convert_to_numpy(model.get_layer(f"Transformer-{i}-FeedForward").inner.kernel) for i in (0, 1)]
    assert np.abs(tables[0] - tables[1]).max() > 0.01                   # no two drawn from one seed
