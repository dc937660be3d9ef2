"""Strategies against worked numbers, on models of a few weights."""

import dataclasses
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from baselines.heads.classification import ClassificationHead
from baselines.training.objective import Objective
from baselines.training.steps import Steps
from baselines.training.strategies.child_tuning_d import largest
from baselines.training.strategies.child_tuning_f import ChildTuningF
from baselines.training.strategies.ema import Ema
from baselines.training.strategies.fgm import Fgm
from baselines.training.strategies.flooding import Flooding
from baselines.training.strategies.gradient_penalty import GradientPenalty
from baselines.training.strategies.lookahead import Lookahead
from baselines.training.strategies.pgd import Pgd, within
from baselines.training.strategies.r_drop import RDrop
from baselines.training.strategies.spectral_norm import SpectralNorm, spectral_norm
from baselines.training.strategies.strategy import Strategy
from baselines.training.strategies.vat import Vat
from baselines.training.strategy_context import StepContext

pytestmark = pytest.mark.keras
TABLE = "Embedding-Token/embeddings"
KERNEL = "Out/kernel"


def bag(table, kernel):
    """A model whose logits are the sum of its tokens' vectors times a kernel."""
    table, kernel = np.array(table, "float32"), np.array(kernel, "float32")
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    vectors = keras.layers.ReversibleEmbedding(*table.shape, name="Embedding-Token")(token_ids)
    logits = keras.layers.Dense(kernel.shape[1], use_bias=False, name="Out")(ops.sum(vectors, axis=1))
    model = keras.Model({"token_ids": token_ids}, {"logits": logits})
    for weight, value in zip(model.trainable_variables, (table, kernel), strict=True):
        weight.assign(value)
    return model


def logistic(targets, outputs):
    """log(1 + e^-z) of the one logit."""
    return ops.softplus(-outputs["logits"][:, 0])


def batch_of(*token_ids):
    features = {"token_ids": np.array([token_ids], "int32")}
    return {"features": features, "targets": np.zeros(1, "int32"), "weights": np.ones(1, "float32")}


@dataclasses.dataclass(frozen=True)
class Recorder(Strategy):
    """Keeps the tables of all passes, and their losses."""

    tables: list = dataclasses.field(default_factory=list)
    losses: list = dataclasses.field(default_factory=list)

    def gradients(self, loss_and_gradients, weights, step):
        loss, found = loss_and_gradients(weights)
        self.tables.append(ops.convert_to_numpy(weights[TABLE]))
        self.losses.append(float(ops.convert_to_numpy(loss)))
        return loss, found


def gradients(model, loss, batch, *strategies, divergence=None):
    """(loss, {path: gradient}) of one eager pass."""
    objective = Objective(model, loss, strategies, divergence)
    values, state = ([ops.convert_to_tensor(v.value) for v in group] for group in (objective.weights, objective.state))
    found, _, arrays, _ = objective.gradients(values, state, batch, lambda loss: loss)
    return float(ops.convert_to_numpy(found)), objective.named([ops.convert_to_numpy(array) for array in arrays])


@pytest.fixture
def three():
    return bag([[1, 0], [0, 2], [1, 1]], [[1], [-1]])


def test_fgm_moves_the_table_along_its_gradient_by_epsilon(three):
    recorder = Recorder()
    loss, _ = gradients(three, logistic, batch_of(0, 1, 1), Fgm(epsilon=0.5), recorder)
    step = recorder.tables[1] - recorder.tables[0]
    np.testing.assert_allclose(step, [[-0.158114, 0.158114], [-0.316228, 0.316228], [0, 0]], atol=1e-6)
    assert not step[2].any() and np.linalg.norm(step) == pytest.approx(0.5, rel=1e-6)
    assert recorder.losses == pytest.approx([3.048587, 4.591330], abs=1e-5)
    assert loss == pytest.approx(4.591330, abs=1e-5)


def test_pgd_of_one_whole_step_is_fgm_and_longer_shifts_are_cut(three):
    recorder = Recorder()
    gradients(three, logistic, batch_of(0, 1, 1), Pgd(epsilon=0.5, step_size=0.5, steps=1), recorder)
    assert recorder.losses[-1] == pytest.approx(4.591330, abs=1e-5)
    recorder = Recorder()
    gradients(three, logistic, batch_of(0, 1, 1), Pgd(epsilon=0.5, step_size=0.3, steps=3), recorder)
    lengths = [np.linalg.norm(table - recorder.tables[0]) for table in recorder.tables]
    assert lengths == pytest.approx([0, 0.3, 0.5, 0.5], abs=1e-6)       # the last one is that of the update
    assert ops.convert_to_numpy(within(ops.convert_to_tensor([3.0, 4.0]), 2.0)) == pytest.approx([1.2, 1.6])


def test_gradient_penalty_per_occurrence_and_dense(three):
    clean = 3.048587
    loss, _ = gradients(three, logistic, batch_of(0, 1, 1), GradientPenalty(epsilon=2.0))
    assert loss - clean == pytest.approx(5.444385, abs=1e-5)
    loss, _ = gradients(three, logistic, batch_of(0, 1, 1), GradientPenalty(epsilon=2.0, dense=True))
    assert loss - clean == pytest.approx(9.073975, abs=1e-5)


@pytest.mark.parametrize(("strategy", "expected"), [
    (None, -0.3472128),
    (Fgm(epsilon=0.1), -0.3444158),
    (GradientPenalty(epsilon=0.1), -0.3468795),
    (GradientPenalty(epsilon=0.1, dense=True), -0.3468795),
    (Fgm(epsilon=0.1, add_clean=True), -0.3472128 - 0.3444158),
])  # fmt: skip
def test_gradients_of_one_weight(strategy, expected):
    _, found = gradients(bag([[1.5]], [[0.8]]), logistic, batch_of(0), *([strategy] if strategy else []))
    assert found[KERNEL].item() == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(("iterations", "expected"), [(0, 0.018931), (1, 0.040718), (2, 0.056755), (3, 0.058406)])
def test_vat_finds_the_direction_in_which_answers_change_most(monkeypatch, iterations, expected):
    monkeypatch.setattr(StepContext, "normal", lambda self, shape: ops.convert_to_tensor([[0.894427, -0.447214]]))
    model = bag([[0.2, -0.4]], np.transpose([[1, 0.5], [-0.3, 0.2], [0, -0.7]]))
    head, batch = ClassificationHead(3), batch_of(0)
    batch["unlabelled"] = batch_of(0)
    clean, _ = gradients(model, logistic, batch)
    vat = Vat(epsilon=0.5, xi=0.01, iterations=iterations)
    loss, _ = gradients(model, logistic, batch, vat, divergence=head.divergence)
    assert loss - clean == pytest.approx(expected, abs=3e-4 if iterations else 1e-5)    # xi = .01 in float32


def r_drop(first, second, **batch):
    """R-Drop's loss of one row of target 0 with two answers, given as probabilities."""
    answers = iter([first, second])

    def compute_loss(weights):
        logits = ops.log(ops.convert_to_tensor([next(answers)], dtype="float32"))
        return -logits[0, 0], {"logits": logits}

    step = SimpleNamespace(
        batch={"features": {}, "weights": np.ones(1, "float32"), **batch},
        divergence=ClassificationHead(3).divergence,
        row_mean=lambda values, weights: ops.mean(values),
    )
    return float(ops.convert_to_numpy(RDrop(alpha=4.0).loss(compute_loss, {}, step)[0]))


def test_r_drop_of_two_answers():
    first, second = (0.5, 0.2, 0.3), (0.5, 0.3, 0.2)
    assert r_drop(first, second) == pytest.approx(0.774240, abs=1e-6)
    assert r_drop(second, first) == pytest.approx(0.774240, abs=1e-6)
    assert r_drop(first, first) == pytest.approx(-np.log(0.5), abs=1e-6)


def test_spectral_norm_by_power_iteration():
    def size(matrix, iterations):
        u = np.ones((1, len(matrix)), "float32")
        return float(ops.convert_to_numpy(spectral_norm(ops.convert_to_tensor(matrix, dtype="float32"), u, iterations)[0]))

    matrix = np.array([[3, 0], [4, 5]])
    assert [size(matrix, r) for r in (1, 2, 3, 4)] == pytest.approx([6.627135, 6.707182, 6.708191, 6.708204], abs=2e-6)
    assert size([[0.6, -0.8], [0.8, 0.6]], 3) == pytest.approx(1.0)
    assert size(-2.5 * matrix, 6) == pytest.approx(2.5 * size(matrix, 6))


def test_spectral_norm_penalty_and_its_gradient():
    model = bag([[0.0, 0.0]], [[3, 0], [4, 5]])
    loss, found = gradients(model, lambda targets, outputs: 0 * outputs["logits"][:, 0], batch_of(0), SpectralNorm(factor=0.1))
    assert loss == pytest.approx(0.1 * 45, abs=1e-4)
    u, s, v = np.linalg.svd([[3, 0], [4, 5]])
    np.testing.assert_allclose(found[KERNEL], 0.1 * 2 * s[0] * np.outer(u[:, 0], v[0]), atol=1e-3)


class Draws:
    """A Step that only draws."""

    def __init__(self):
        self.generator = keras.random.SeedGenerator(3)

    def uniform(self, shape):
        return keras.random.uniform(shape, seed=self.generator)


def test_gradient_dropout_keeps_the_mean_and_adds_variance():
    values = ops.convert_to_tensor(np.random.default_rng(0).normal(0.5, 0.2, 200_000).astype("float32"))
    step = Draws()
    first, second = (ops.convert_to_numpy(ChildTuningF(p=0.3).before_update({"w": values}, {}, step)["w"]) for _ in range(2))
    assert first.mean() == pytest.approx(0.5, abs=0.01)
    assert first.var() == pytest.approx(0.716667, rel=0.02)
    assert np.mean(first != 0) == pytest.approx(0.3, abs=3 * np.sqrt(0.3 * 0.7 / len(values)))
    assert np.mean((first != 0) & (second != 0)) == pytest.approx(0.09, abs=0.003)      # masks are independent
    assert ChildTuningF(p=1.0).before_update({"w": values}, {}, step)["w"] is values


@pytest.mark.parametrize(("increments", "expected"), [(False, 0.5481), (True, 0.9987)])
def test_mean_step_of_adam_with_gradient_and_with_increment_dropout(increments, expected):
    strategy, step, size, updates = ChildTuningF(p=0.3, increments=increments), Draws(), 4000, 150
    weight = keras.Variable(np.zeros(size, "float32"))
    optimizer = keras.optimizers.Adam(1e-3, beta_2=0.99)
    for _ in range(updates):
        old = ops.convert_to_tensor(ops.convert_to_numpy(weight))
        found = strategy.before_update({"w": ops.ones(size)}, {}, step)
        optimizer.apply([found["w"]], [weight])
        weight.assign(strategy.after_update({"w": old}, {"w": ops.convert_to_tensor(weight)}, found, step)["w"])
    assert -ops.convert_to_numpy(weight).mean() / updates / 1e-3 == pytest.approx(expected, abs=0.03)


def test_fisher_mask_has_one_threshold_and_an_exact_share():
    found = largest({"w": np.array([[4, 0.1, 2], [0.5, 3, 0.2]])}, 2 / 6)
    assert found["w"].tolist() == [[1, 0, 0], [0, 1, 0]] and found["w"].dtype == np.uint8
    found = largest({"low": np.arange(4.0), "high": np.arange(4.0) + 10}, 0.5)
    assert found["low"].sum() == 0 and found["high"].sum() == 4
    assert largest({"w": np.zeros(10)}, 0.3)["w"].tolist() == [1] * 3 + [0] * 7         # ties: the first ones
    assert largest({"w": np.array([1.0, 5, 1, 1])}, 0.5)["w"].tolist() == [1, 1, 0, 0]


def test_flooding_bounces_off_its_level():
    flood = Flooding(b=0.1)
    step = SimpleNamespace(penalty=0.0)
    found = [float(ops.convert_to_numpy(flood.loss(lambda weights, x=x: (x, {}), {}, step)[0])) for x in (0.5, 0.1, 0.02)]
    assert found == pytest.approx([0.5, 0.1, 0.18])
    step.penalty = 1.0                                                  # of a layer: it is not flooded
    assert float(ops.convert_to_numpy(flood.loss(lambda weights: (1.02, {}), {}, step)[0])) == pytest.approx(1.18)


def one_weight(loss, *strategies, rate=0.1):
    """(model of one weight that begins at 1, its Steps with SGD)."""
    x = keras.Input((1,), name="token_ids")
    model = keras.Model({"token_ids": x}, {"z": keras.layers.Dense(1, use_bias=False, name="Out")(x)})
    model.trainable_variables[0].assign([[1.0]])
    return model, Steps(model, loss, keras.optimizers.SGD(rate), strategies, jit=False)


def path_of(updates, loss, *strategies):
    """The weight after each update."""
    model, steps = one_weight(loss, *strategies)
    batch = batch_of(0) | {"features": {"token_ids": np.ones((1, 1), "float32")}}
    found = []
    for _ in range(updates):
        steps.train([batch])
        steps.sync()
        found.append(ops.convert_to_numpy(model.trainable_variables[0]).item())
    return found


def test_flooding_descends_above_and_climbs_below():
    square = lambda targets, outputs: ops.square(outputs["z"][:, 0])  # noqa: E731
    assert path_of(2, square, Flooding(b=0.8)) == pytest.approx([0.8, 0.96], abs=1e-6)


@pytest.mark.parametrize(("alpha", "expected"), [
    (0.5, [0.9, 0.905, 0.8145, 0.819025]),
    (1.0, [0.9, 0.81, 0.729, 0.6561]),
    (0.0, [0.9, 1.0, 0.9, 1.0]),
])  # fmt: skip
def test_lookahead_goes_back_part_of_the_way(alpha, expected):
    half = lambda targets, outputs: ops.square(outputs["z"][:, 0]) / 2  # noqa: E731
    assert path_of(4, half, Lookahead(k=2, alpha=alpha)) == pytest.approx(expected, abs=1e-6)


def test_ema_is_free_of_bias():
    ema = Ema(momentum=0.9)
    step = SimpleNamespace(state=ema.start({"w": np.zeros(1, "float32")}, None))
    assert ops.convert_to_numpy(ema.scored_weights({"w": np.full(1, 7.0)}, step)["w"]) == [7.0]   # no update yet: as trained
    found = []
    for value in (1.0, 2.0, 4.0):
        updated = {"w": np.full(1, value, "float32")}
        assert ema.after_update({}, updated, {}, step) is updated
        found.append(ops.convert_to_numpy(ema.scored_weights(updated, step)["w"]).item())
    assert found == pytest.approx([1, 1.526316, 2.439114], abs=1e-6)


def test_a_gradient_that_is_zero_or_overflows_moves_nothing(three):
    for factor in (0.0, np.inf):
        recorder = Recorder()
        times = lambda targets, outputs, factor=factor: factor * logistic(targets, outputs)  # noqa: E731
        gradients(three, times, batch_of(0, 1), Fgm(), recorder)
        np.testing.assert_array_equal(*recorder.tables)
