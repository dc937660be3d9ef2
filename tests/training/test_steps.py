"""The compiled step: accumulation, padding rows, precision, agreement of backends, hooks of strategies."""

import keras
import numpy as np
import pytest
import tiny
from keras import ops

from baselines.heads.classification import ClassificationHead
from baselines.heads.entity_pointer import EntityPointerHead
from baselines.heads.sequence_tagging import SequenceTaggingHead
from baselines.losses.cross_entropy import cross_entropy
from baselines.models.builder import build_transformer_model
from baselines.training.objective import Objective
from baselines.training.steps import Steps, to_float
from baselines.training.strategies.strategy import Strategy

pytestmark = pytest.mark.keras
TABLE = "Embedding-Token/embeddings"


def trained(batches, strategies=(), dropout=0.0, **changes):
    """(weights, loss of the last update)."""
    if strategies:
        built = tiny.model(dropout)
        steps = tiny.steps(built, strategies, **changes)
    else:
        built, steps = tiny.again(dropout, **changes)
    for micro_batches in batches:
        logs = steps.train(micro_batches)
    steps.sync()
    return tiny.weights(built), to_float(logs["loss"])


def assert_equal(first, second, tolerance):
    assert first.keys() == second.keys()
    for path in first:
        np.testing.assert_allclose(first[path], second[path], atol=tolerance, rtol=0, err_msg=path)


def test_training_lowers_the_loss():
    batch = tiny.batch()
    first, last = trained([[batch]])[1], trained([[batch]] * 20)[1]
    assert last < 0.5 * first


def test_what_compiling_took_goes_back_once_for_each_shape(monkeypatch):
    returned = []
    monkeypatch.setattr("baselines.training.steps.return_freed_memory", lambda: returned.append(1))
    steps, short, long = tiny.steps(tiny.model()), tiny.batch(rows=2), tiny.batch(rows=4)
    for batches, times in (([short], 1), ([short], 1), ([long], 2), ([short, long], 3), ([long], 3)):
        steps.train(batches)
        assert len(returned) == times
    for _ in range(2):
        steps.evaluate(short)
        steps.predict(short["features"])
    assert len(returned) == 5


def test_k_micro_batches_teach_what_one_large_batch_teaches():
    whole = [tiny.batch(rows=8, seed=seed) for seed in range(3)]
    parts = [[tiny.rows_of(batch, slice(0, 3)), tiny.rows_of(batch, slice(3, 8))] for batch in whole]
    large, large_loss = trained([[batch] for batch in whole])
    small, small_loss = trained(parts)
    assert_equal(large, small, 2e-5)
    assert small_loss == pytest.approx(large_loss, abs=1e-5)


def test_rows_of_weight_zero_teach_nothing():
    batch = tiny.batch(rows=4)
    padded = keras.tree.map_structure(lambda array: np.concatenate([array, array[:2]]), batch)
    padded["weights"][4:] = 0
    assert_equal(trained([[batch]] * 3)[0], trained([[padded]] * 3)[0], 1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others have one way")
def test_compiled_and_plain_steps_agree():
    batches = [[tiny.batch(seed=seed)] for seed in range(3)]
    assert_equal(trained(batches, jit=True)[0], trained(batches)[0], 1e-5)


def test_embedding_gradients_are_dense_and_sum_repeated_tokens():
    built, batch = tiny.model(), tiny.batch()
    objective = Objective(built, cross_entropy)
    values = [ops.convert_to_tensor(variable.value) for variable in built.trainable_variables]
    state = [ops.convert_to_tensor(variable.value) for variable in built.non_trainable_variables]
    _, _, gradients, _ = objective.gradients(values, state, batch, lambda loss: loss)
    table = objective.paths.index(TABLE)
    gradient = ops.convert_to_numpy(gradients[table])
    assert gradient.shape == (30, 16)
    rng = np.random.default_rng(1)
    for token in (int(batch["features"]["token_ids"][0, 1]), 3):        # numerically, along a random direction
        direction = rng.normal(size=16).astype("float32")

        def loss(epsilon, token=token, direction=direction):
            moved = np.array(ops.convert_to_numpy(values[table]))
            moved[token] += epsilon * direction
            shifted = [*values[:table], ops.convert_to_tensor(moved), *values[table + 1 :]]
            return to_float(objective.gradients(shifted, state, batch, lambda loss: loss)[0])

        numeric = (loss(1e-2) - loss(-1e-2)) / 2e-2
        assert gradient[token] @ direction == pytest.approx(numeric, rel=2e-2, abs=2e-4)
    assert not gradient[20:].any()                                      # tokens that do not occur


def test_biases_and_norms_are_not_decayed():
    built = tiny.model()
    before = tiny.weights(built)
    steps = tiny.steps(built, weight_decay=0.5)
    batch = tiny.batch()
    batch["weights"][:] = 0                                             # gradients are 0: only decay moves weights
    steps.train([batch])
    steps.sync()
    for path, value in tiny.weights(built).items():
        decayed = not any(part in path for part in ("bias", "Norm"))
        expected = before[path] * (1 - 5e-3 * 0.5) if decayed else before[path]
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-9, err_msg=path)


def test_clipping_bounds_the_norm_that_adam_sees():
    built = tiny.model()
    steps = tiny.steps(built, clip_norm=1e-3)
    logs = steps.train([tiny.batch()])
    steps.sync()
    assert to_float(logs["gradient_norm"]) > 1e-3                       # reported as it was before
    momenta = [v for v in steps.optimizer.variables if "momentum" in v.path]
    norm = np.sqrt(sum(np.sum(np.square(ops.convert_to_numpy(v) / 0.1)) for v in momenta))
    assert norm == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize(("precision", "policy"), [("bf16", "mixed_bfloat16"), ("fp16", "mixed_float16")])
def test_mixed_precision_follows_float32(precision, policy):
    batches = [[tiny.batch(seed=seed)] for seed in range(4)]
    _, exact = trained(batches)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        found, loss = trained(batches, precision=precision)
    finally:
        keras.config.set_dtype_policy(before)
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in found.values())
    assert loss == pytest.approx(exact, abs=0.05)


def test_fp16_skips_an_update_that_overflows():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        built = tiny.model()
        steps = tiny.steps(built, precision="fp16")
        optimizer = steps.optimizer
        optimizer.dynamic_scale.assign(2.0**60)
        steps.reset()
        start = tiny.weights(built)
        steps.train([tiny.batch()])
        steps.sync()
    finally:
        keras.config.set_dtype_policy(before)
    assert_equal(start, tiny.weights(built), 0)
    assert to_float(optimizer.dynamic_scale) == 2.0**59


def test_dropout_draws_anew_each_step_and_the_same_from_the_same_seed():
    batch = tiny.batch()
    first, second = (losses_of([[batch]] * 2, dropout=0.3) for _ in range(2))
    assert first == second
    assert first[0] != first[1]


def losses_of(batches, dropout):
    """Losses of updates at rate 0: they differ by dropout alone."""
    steps = tiny.steps(tiny.model(dropout), weight_decay=0.0, learning_rate=0.0)
    return [to_float(steps.train(micro_batches)["loss"]) for micro_batches in batches]


def test_prediction_has_no_dropout():
    steps = tiny.steps(tiny.model(dropout=0.5))
    features = tiny.batch()["features"]
    np.testing.assert_array_equal(steps.predict(features)["logits"], steps.predict(features)["logits"])


def test_evaluation_gives_the_loss_of_each_row():
    batch = tiny.batch()
    outputs, totals, counts = tiny.again()[1].evaluate(batch)
    logits = outputs["logits"]
    expected = np.log(np.exp(logits).sum(-1)) - logits[np.arange(4), batch["targets"]]
    np.testing.assert_allclose(totals, expected, rtol=1e-5)
    np.testing.assert_array_equal(counts, np.ones(4))


class Fgm(Strategy):
    """Adversarial embeddings, arXiv:1605.07725: the gradients hook, with two passes."""

    def gradients(self, loss_and_gradients, weights, step):
        loss, clean = loss_and_gradients(weights)
        shift = clean[TABLE] / (ops.sqrt(ops.sum(ops.square(clean[TABLE]))) + 1e-12)
        _, moved = loss_and_gradients(weights | {TABLE: weights[TABLE] + shift})
        return loss, {path: clean[path] + moved[path] for path in clean}


class Doubled(Strategy):
    def loss(self, compute_loss, weights, step):
        loss, outputs = compute_loss(weights)
        assert set(outputs) == {"logits"}
        return 2 * loss, outputs


class Halfway(Strategy):
    def after_update(self, weights, updated, gradients, step):
        return {path: (weights[path] + updated[path]) / 2 for path in updated}


def test_strategies_around_the_gradients_equal_the_explicit_computation():
    built, batch = tiny.model(), tiny.batch()
    plain = Objective(built, cross_entropy)
    with_fgm = Objective(built, cross_entropy, (Fgm(),))
    values = [ops.convert_to_tensor(variable.value) for variable in built.trainable_variables]
    state = [ops.convert_to_tensor(variable.value) for variable in built.non_trainable_variables]
    same = lambda loss: loss  # noqa: E731
    _, _, clean, _ = plain.gradients(values, state, batch, same)
    table = plain.paths.index(TABLE)
    step = clean[table] / ops.sqrt(ops.sum(ops.square(clean[table])))
    moved = [value + step if index == table else value for index, value in enumerate(values)]
    _, _, adversarial, _ = plain.gradients(moved, state, batch, same)
    _, _, found, _ = with_fgm.gradients(values, state, batch, same)
    for a, b, c in zip(clean, adversarial, found, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(a + b), ops.convert_to_numpy(c), atol=1e-6)


def test_strategies_compose_and_run_compiled():
    batches = [[tiny.batch(seed=seed)] for seed in range(2)]
    plain, loss = trained(batches, clip_norm=0.0)
    doubled, twice = trained(batches, (Fgm(), Doubled()), clip_norm=0.0)
    assert twice > 1.5 * loss
    assert any(np.abs(plain[path] - doubled[path]).max() > 1e-4 for path in plain)


def test_after_update_keeps_what_the_strategy_returns():
    start = tiny.weights(tiny.model())
    moved, _ = trained([[tiny.batch()]])
    halfway, _ = trained([[tiny.batch()]], (Halfway(),))
    for path in start:
        np.testing.assert_allclose(halfway[path], (start[path] + moved[path]) / 2, atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="compiles nothing")
@pytest.mark.parametrize("jit", [False, True] if keras.backend.backend() == "tensorflow" else [True])
def test_nothing_is_compiled_twice(jit):
    """A long run sees each shape many times; what was saved, restored and scored in between changes no trace.

    TensorFlow's own graphs serve every length; programs of XLA are made for one length.
    """
    steps, batches = tiny.steps(tiny.model(), jit=jit), [tiny.batch(length=length) for length in (4, 8)]
    any_length = not jit and keras.backend.backend() == "tensorflow"
    for _ in range(3):
        for batch in (*batches, batches[0]):
            steps.train([batch])
        with steps.scored_weights():
            for batch in batches:
                steps.evaluate(batch)
        steps.sync()
        steps.reset()
    assert steps.compiled == {"shapes": 4, "traces": 2 if any_length else 4}
    for length in (4, 5, 4):
        steps.predict(tiny.batch(length=length)["features"])
    assert steps.compiled == {"shapes": 6, "traces": 3 if any_length else 6}


@pytest.mark.parametrize("chain", ["crf", "memm", "softmax"])
def test_label_chains_learn_and_predict_rows_of_several_lengths(chain):
    head = SequenceTaggingHead(2, chain)
    model = head(build_transformer_model(tiny.CONFIG))
    steps = Steps(model, head.loss, keras.optimizers.SGD(0.1), jit=False)
    for length in (4, 8, 6):
        batch = tiny.batch(rows=4, length=length) | {"targets": np.ones((4, length), np.int32)}
        assert np.isfinite(to_float(steps.train([batch])["loss"]))
        outputs, *_ = steps.evaluate(batch)
        assert outputs["labels"].shape[1] == length
        np.testing.assert_array_equal(steps.predict(batch["features"])["labels"], outputs["labels"])


@pytest.mark.parametrize("classes", [3, 8])
def test_predictions_of_any_rows_and_lengths_are_those_of_the_model(classes):
    """A graph with open axes: also where a size that does not change, here the number of classes, is that of the first rows."""
    model = ClassificationHead(classes)(build_transformer_model(tiny.CONFIG))
    steps = Steps(model, cross_entropy, jit=False)
    for rows, length in ((4, 8), (4, 6), (3, 8), (1, 3)):
        features = tiny.batch(rows=rows, length=length)["features"]
        expected = keras.ops.convert_to_numpy(model(features)["logits"])
        np.testing.assert_allclose(steps.predict(features)["logits"], expected, atol=1e-5)
    if keras.backend.backend() == "tensorflow":
        assert steps.traces == 1


def test_an_axis_that_changes_its_size_is_opened_once():
    """Places for entities of a row are a power of two. A batch that needs more of them is traced, a third size is not."""
    head = EntityPointerHead(2)
    steps = Steps(head(build_transformer_model(tiny.CONFIG)), head.loss, keras.optimizers.SGD(0.1), jit=False)
    for places, length in ((4, 8), (8, 6), (16, 8), (4, 4)):
        cells = np.full((4, 2, places), -1, np.int32)
        cells[:, :, 0] = 1
        assert np.isfinite(to_float(steps.train([tiny.batch(length=length) | {"targets": cells}])["loss"]))
    if keras.backend.backend() == "tensorflow":
        assert steps.traces == 2
