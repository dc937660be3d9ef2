"""Pseudo-labels and UDA: worked numbers of their losses, and what they leave without a gradient."""

from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops
from test_strategy_numbers import KERNEL, bag, batch_of, gradients

from baselines.losses.cross_entropy import cross_entropy
from baselines.training.strategies.class_probabilities import ramp
from baselines.training.strategies.pseudo_labels import PseudoLabels
from baselines.training.strategies.uda import Uda, annealing_bound

pytestmark = pytest.mark.keras


def logits_of(*probabilities):
    return {"logits": ops.log(ops.convert_to_tensor(probabilities, "float32"))}


def loss_of(strategy, clean, noisy, done=0.2):
    """What a strategy adds to the loss, for two unlabeled rows with these answers without and with dropout; a third is padding."""
    answers = {("text", False): clean, ("text", True): noisy, ("copy", True): noisy}
    weights = np.array([1, 1, 0], "float32")
    step = SimpleNamespace(
        batch={"unlabelled": {"features": "text", "copies": "copy", "weights": weights, "progress": np.full(3, done, "float32")}},
        predict=lambda _, features, training=False: logits_of(*answers[features, training], [0.5, 0.5]),
        row_mean=lambda values, weights: ops.sum(values * weights) / ops.sum(weights),
    )
    loss, _ = strategy.loss(lambda weights: (ops.ones(()), {}), {}, step)
    return float(ops.convert_to_numpy(loss)) - 1


@pytest.mark.parametrize(("settings", "expected"), [
    ({"ramp_up": 0.0}, -np.log(0.8) / 2),                               # the second row is below 0.95
    ({"ramp_up": 0.4}, -np.log(0.8) / 4),                               # half of the ramp-up
    ({"ramp_up": 0.1, "weight": 3.0}, -3 * np.log(0.8) / 2),
    ({"ramp_up": 0.0, "threshold": 0.59}, -(np.log(0.8) + np.log(0.3)) / 2),
    ({"ramp_up": 0.0, "threshold": 0.98}, 0.0),
])  # fmt: skip
def test_pseudo_labels_are_the_confident_predictions(settings, expected):
    found = loss_of(PseudoLabels(**settings), clean=([0.97, 0.03], [0.4, 0.6]), noisy=([0.8, 0.2], [0.7, 0.3]))
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("settings", "expected"), [
    ({"temperature": 1.0, "threshold": 0.0}, (0.9 * np.log(0.9 / 0.8) + 0.1 * np.log(0.1 / 0.2)) / 2),  # the second rows agree
    ({"temperature": 0.5, "threshold": 0.8}, ((81 * np.log(81 / 82 / 0.8) + np.log(1 / 82 / 0.2)) / 82) / 2),
    ({"temperature": 0.5, "threshold": 0.95}, 0.0),
    ({"temperature": 1.0, "threshold": 0.8, "weight": 2.0}, 0.9 * np.log(0.9 / 0.8) + 0.1 * np.log(0.1 / 0.2)),
])  # fmt: skip
def test_uda_is_the_divergence_of_a_copy_from_the_sharpened_prediction(settings, expected):
    found = loss_of(Uda(**settings), clean=([0.9, 0.1], [0.6, 0.4]), noisy=([0.8, 0.2], [0.6, 0.4]))
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_target_has_no_gradient():
    """With one token and its copy: d KL(p || q) / d logits of the copy is q - p, and the text itself adds nothing."""
    table, kernel = [[1.0, 0.0], [0.0, 1.0]], [[0.5, -0.5], [0.2, 0.1]]
    softmax = lambda logits: np.exp(logits) / np.exp(logits).sum()  # noqa: E731
    unlabelled = batch_of(0) | {"copies": batch_of(1)["features"], "progress": np.ones(1, "float32")}
    batch = batch_of(0) | {"weights": np.zeros(1, "float32"), "unlabelled": unlabelled}
    _, found = gradients(bag(table, kernel), cross_entropy, batch, Uda(temperature=1.0, threshold=0.0))
    expected = np.outer([0, 1], softmax(np.array(kernel[1])) - softmax(np.array(kernel[0])))
    np.testing.assert_allclose(found[KERNEL], expected, atol=1e-6)


@pytest.mark.parametrize(("schedule", "bounds"), [
    ("linear", (0.25, 0.625, 1.0)),
    ("log", (0.25, 0.25 + 0.75 * (1 - np.exp(-2.5)), 0.25 + 0.75 * (1 - np.exp(-5)))),
    ("exp", (0.25 + 0.75 * np.exp(-5), 0.25 + 0.75 * np.exp(-2.5), 1.0)),
])  # fmt: skip
def test_the_bound_of_annealing_grows_from_chance(schedule, bounds):
    found = [float(ops.convert_to_numpy(annealing_bound(schedule, ops.convert_to_tensor(done), 4.0))) for done in (0.0, 0.5, 1.0)]
    assert found == pytest.approx(bounds, abs=1e-6)


@pytest.mark.parametrize(("done", "rows"), [(0.0, [False, True]), (0.9, [True, True])])
def test_annealing_leaves_out_rows_that_are_known(done, rows):
    """Of two rows with p(gold) 0.88 and 0.27 the first counts only once the bound is above it; the mean is over those that do."""
    model = bag([[2.0], [-1.0]], [[1.0, 0.0]])
    features = {"token_ids": np.array([[0], [1]], "int32")}
    batch = {"features": features, "targets": np.zeros(2, "int32"), "weights": np.ones(2, "float32")}
    batch["unlabelled"] = batch_of(0) | {"copies": batch_of(0)["features"], "progress": np.full(1, done, "float32")}
    loss, _ = gradients(model, cross_entropy, batch, Uda(annealing="linear", threshold=1.0))
    losses = np.log1p(np.exp([-2.0, 1.0]))
    assert loss == pytest.approx(losses[rows].mean(), abs=1e-6)


def test_without_a_ramp_the_factor_is_one():
    assert [float(ramp(ops.convert_to_tensor(done), 0.5)) for done in (0.0, 0.25, 0.5, 1.0)] == [0, 0.5, 1, 1]
    assert float(ramp(ops.convert_to_tensor(0.0), 0)) == 1
