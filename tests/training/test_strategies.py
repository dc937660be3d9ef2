"""Strategies on the tiny model: compiled as the explicit computation, together, resumed, in half precision, on both backends."""

import functools

import keras
import numpy as np
import pytest
import tiny
from keras import ops

from baselines.heads.classification import ClassificationHead
from baselines.losses.cross_entropy import cross_entropy
from baselines.training import backends
from baselines.training.objective import Objective
from baselines.training.state import Position, load_state, save_state
from baselines.training.steps import Steps, to_float
from baselines.training.strategies.child_tuning_d import ChildTuningD, largest
from baselines.training.strategies.child_tuning_f import ChildTuningF
from baselines.training.strategies.ema import Ema
from baselines.training.strategies.fgm import Fgm
from baselines.training.strategies.flooding import Flooding
from baselines.training.strategies.gradient_penalty import GradientPenalty
from baselines.training.strategies.lookahead import Lookahead
from baselines.training.strategies.noise import Noise
from baselines.training.strategies.pgd import Pgd
from baselines.training.strategies.pseudo_labels import PseudoLabels
from baselines.training.strategies.r_drop import RDrop
from baselines.training.strategies.spectral_norm import SpectralNorm
from baselines.training.strategies.uda import Uda
from baselines.training.strategies.vat import Vat

pytestmark = pytest.mark.keras
TABLE = "Embedding-Token/embeddings"
TOGETHER = {
    "averages, fgm, penalty, noise": (
        Ema(momentum=0.9), Lookahead(k=2), ChildTuningF(), Fgm(), GradientPenalty(epsilon=0.1), Noise(), Flooding(b=0.1)
    ),
    "increments, vat, r_drop": (ChildTuningF(increments=True), SpectralNorm(), Vat(weight=0.5), RDrop()),
    "pseudo_labels, uda": (PseudoLabels(threshold=0.3), Uda(threshold=0.3, annealing="log")),
}  # fmt: skip


def batch(seed=0, rows=4):
    unlabelled = tiny.batch(rows, length=6, seed=seed + 100)
    del unlabelled["targets"]
    copies = tiny.batch(rows, length=6, seed=seed + 200)["features"]
    unlabelled |= {"copies": copies, "progress": np.full(rows, 0.5, "float32")}
    return tiny.batch(rows, seed=seed) | {"unlabelled": unlabelled}


def steps(built, strategies=(), full_pass=None, **changes):
    return tiny.steps(built, strategies, divergence=ClassificationHead(3).divergence, full_pass=full_pass, **changes)


def gradients(built, *strategies):
    """{path: array}, batch -> (loss, {path: gradient}), compiled."""
    objective = Objective(built, cross_entropy, strategies)
    state = [ops.convert_to_tensor(variable.value) for variable in objective.state]
    unscaled = lambda values, batch: objective.gradients(values, state, batch, lambda loss: loss)[::2]  # noqa: E731
    compiled = backends.current().compile_function(unscaled)

    def found(weights, batch):
        loss, arrays = compiled([ops.convert_to_tensor(weights[path]) for path in objective.paths], batch)
        return to_float(loss), objective.named([ops.convert_to_numpy(array) for array in arrays])

    return found


@functools.cache
def plain_gradients():
    """Those of the tiny model without strategies, compiled once for each shape of a batch."""
    return gradients(tiny.model())


def moved(weights, step):
    return weights | {TABLE: weights[TABLE] + step}


def fgm(plain, weights, batch):
    _, clean = plain(weights, batch)
    return plain(moved(weights, 0.5 * clean[TABLE] / np.linalg.norm(clean[TABLE])), batch)[1]


def pgd(plain, weights, batch):
    shift = np.zeros_like(weights[TABLE])
    for _ in range(3):
        _, found = plain(moved(weights, shift), batch)
        shift = shift + 0.2 * found[TABLE] / np.linalg.norm(found[TABLE])
        shift = shift * min(1, 0.5 / np.linalg.norm(shift))
    return plain(moved(weights, shift), batch)[1]


@pytest.mark.parametrize(("strategy", "explicit"), [
    (Fgm(epsilon=0.5), fgm),
    (Pgd(epsilon=0.5, step_size=0.2), pgd),
])  # fmt: skip
def test_a_compiled_update_equals_the_explicit_computation(strategy, explicit):
    built = tiny.model()
    before, taught = tiny.weights(built), tiny.batch()
    expected = explicit(plain_gradients(), before, taught)
    descent = Steps(built, cross_entropy, keras.optimizers.SGD(1.0), (strategy,), jit=True)
    descent.train([taught])
    descent.sync()
    for path, value in tiny.weights(built).items():
        np.testing.assert_allclose(before[path] - value, expected[path], atol=2e-6, err_msg=path)


def test_gradient_penalty_per_occurrence_is_the_dense_one_of_tokens_that_occur_once():
    built, taught = tiny.model(), tiny.batch(rows=3)
    weights, ids = tiny.weights(built), taught["features"]["token_ids"]
    loss, found = gradients(built, GradientPenalty())(weights, taught)

    own = np.where(ids == 0, 0, 1 + np.arange(ids.size).reshape(ids.shape)).astype("int32")
    table = weights[TABLE].copy()
    table[own] = weights[TABLE][ids]
    apart = taught | {"features": taught["features"] | {"token_ids": own}}
    same_loss, expected = gradients(built, GradientPenalty(dense=True))(weights | {TABLE: table}, apart)

    together = np.zeros_like(table)
    np.add.at(together, ids.ravel(), expected[TABLE][own.ravel()] * (ids.ravel() > 0)[:, None])
    assert loss == pytest.approx(same_loss, abs=1e-6)
    assert loss > plain_gradients()(weights, taught)[0] + 1e-3
    for path, gradient in (expected | {TABLE: together}).items():
        np.testing.assert_allclose(found[path], gradient, atol=2e-6, err_msg=path)


def test_weights_are_restored_bit_for_bit():
    built = tiny.model(dropout=0.2)
    before = tiny.weights(built)
    all_that_move_weights = (Ema(), Lookahead(k=1), ChildTuningF(increments=True), Fgm(), Pgd(steps=1), Noise())
    still = steps(built, all_that_move_weights, learning_rate=0.0, weight_decay=0.0)
    logs = still.train([batch()])
    still.sync()
    assert to_float(logs["gradient_norm"]) > 0
    for path, value in tiny.weights(built).items():
        np.testing.assert_array_equal(value, before[path], err_msg=path)


@pytest.mark.parametrize("strategies", TOGETHER.values(), ids=TOGETHER)
def test_a_resumed_run_equals_an_uninterrupted_one(strategies, tmp_path):
    """With micro-batches: see test_devices.py."""
    updates = [[batch(seed)] for seed in range(4)]
    built, path = tiny.model(dropout=0.2), tmp_path / "state.safetensors"
    running = steps(built, strategies)
    for batches in updates[:3]:
        running.train(batches)
    running.sync()
    save_state(path, built, running.optimizer, Position(), running.strategy_state.variables)
    running.train(updates[3])
    running.sync()

    other = tiny.model(dropout=0.2, seed=5)
    resumed = steps(other, strategies)
    load_state(path, other, resumed.optimizer, resumed.strategy_state.variables)
    resumed.reset()
    resumed.train(updates[3])
    resumed.sync()
    kept, restored = ([*m.variables, *s.strategy_state.variables] for m, s in ((built, running), (other, resumed)))
    pairs = zip(kept, restored, strict=True)
    for first, second in pairs:
        np.testing.assert_array_equal(ops.convert_to_numpy(first), ops.convert_to_numpy(second), err_msg=first.path)


@pytest.mark.parametrize(
    ("strategies", "precision", "policy"),
    list(zip(TOGETHER.values(), ("fp16", "bf16", "bf16"), ("mixed_float16", *["mixed_bfloat16"] * 2), strict=True)),
    ids=("fp16", "bf16", "bf16, pseudo_labels, uda"),
)
def test_half_precision_stays_finite_and_learns(strategies, precision, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        built = tiny.model()
        start = tiny.weights(built)
        half = steps(built, strategies, precision=precision)
        logs = [half.train([batch(seed)]) for seed in range(3)]
        half.sync()
    finally:
        keras.config.set_dtype_policy(before)
    assert all(np.isfinite(to_float(value)) for log in logs for value in log.values())
    found = tiny.weights(built)
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in found.values())
    assert any(np.abs(found[path] - start[path]).max() > 1e-4 for path in start)


def test_averaged_weights_are_scored_and_kept_and_others_trained():
    built = tiny.model()
    (_, plain), averaged = tiny.again(), tiny.steps(built, (Ema(momentum=0.5),))
    paths = []
    for seed in range(3):
        plain.train([tiny.batch(seed=seed)])
        averaged.train([tiny.batch(seed=seed)])
        averaged.sync()
        paths.append(tiny.weights(built))
    expected = {path: np.average([each[path] for each in paths], axis=0, weights=[1, 2, 4]) for path in paths[0]}
    features = tiny.batch()["features"]
    trained = averaged.predict(features)["logits"]
    with averaged.scored_weights():
        averaged.sync()
        for path, value in tiny.weights(built).items():
            np.testing.assert_allclose(value, expected[path], atol=1e-6, err_msg=path)
        assert np.abs(averaged.predict(features)["logits"] - trained).max() > 1e-4
    averaged.sync()
    np.testing.assert_array_equal(averaged.predict(features)["logits"], trained)
    np.testing.assert_allclose(plain.predict(features)["logits"], trained, atol=1e-6)


def fisher_of(built, parts):
    """{path: mean square} over batches, of the weights of blocks."""
    before, plain = tiny.weights(built), plain_gradients()
    squares = [{path: np.square(array) for path, array in plain(before, part)[1].items()} for part in parts]
    return {path: sum(each[path] for each in squares) for path in before if "Transformer-" in path}


def test_only_the_entries_of_most_fisher_information_learn():
    built = tiny.model(dropout=0.3)
    before, batches = tiny.weights(built), [tiny.batch(rows=3, seed=seed) for seed in range(2)]
    batches[1]["weights"][2] = 0                                        # padding
    fisher = fisher_of(built, [tiny.rows_of(batches[n], slice(i, i + 1)) for n, i in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]])
    entries = np.concatenate([array.ravel() for array in fisher.values()])
    bound = np.sort(entries)[-round(0.3 * entries.size)]

    child = steps(built, (ChildTuningD(),), full_pass=lambda: iter(batches), weight_decay=0.0)
    for seed in range(3):
        child.train([tiny.batch(seed=seed)])
    child.sync()
    still = 0
    for path, value in tiny.weights(built).items():
        if path in fisher:
            out = fisher[path] < bound * (1 - 1e-4)
            still += (value == before[path]).sum()
            np.testing.assert_array_equal(value[out], before[path][out], err_msg=path)
        else:
            assert not np.array_equal(value, before[path]), path
    assert still == pytest.approx(0.7 * entries.size, rel=0.01)


def test_fisher_information_of_batches():
    built, batches = tiny.model(), [tiny.batch(rows=3, seed=seed) for seed in range(2)]
    expected = largest(fisher_of(built, batches), 0.3)
    child = steps(built, (ChildTuningD(batch_fisher=True),), full_pass=lambda: iter(batches))
    _, *masks = child.strategy_state.variables                                  # the first one is the seed
    differing = sum(np.sum(ops.convert_to_numpy(mask) != own) for mask, own in zip(masks, expected.values(), strict=True))
    assert differing <= 4                                               # on the threshold
