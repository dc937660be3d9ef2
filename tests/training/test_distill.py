"""Distillation: worked numbers of its loss, the projection of hidden states, and the layers that are compared."""

from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

from baselines.errors import InputError
from baselines.heads.classification import ClassificationHead
from baselines.training.strategies.distill import Distill

pytestmark = pytest.mark.keras


def logits_of(*probabilities):
    return {"logits": ops.log(ops.convert_to_tensor(probabilities, "float32"))}


def step_of(batch, unlabelled_outputs=None, state=None):
    return SimpleNamespace(
        batch=batch,
        state=state if state is not None else {},
        predict=lambda weights, features, training: unlabelled_outputs,
        divergence=ClassificationHead(3).divergence,
        row_mean=lambda values, weights: ops.sum(values * weights) / ops.sum(weights),
        total=lambda value: value,
    )


def value_of(strategy, outputs, step):
    loss, found = strategy.loss(lambda weights: (ops.convert_to_tensor(1.5), outputs), {}, step)
    assert found is outputs
    return float(ops.convert_to_numpy(loss))


def divergence(first, second, temperature):
    """KL of two distributions whose logits are divided by a temperature."""
    first, second = (np.array(each) ** (1 / temperature) for each in (first, second))
    first, second = first / first.sum(), second / second.sum()
    return float((first * np.log(first / second)).sum())


P, Q = (0.7, 0.2, 0.1), (0.2, 0.5, 0.3)


@pytest.mark.parametrize(("settings", "factor", "gold"), [
    ({"temperature": 1.0}, 1.0, 1.0), ({"temperature": 2.0}, 4.0, 1.0),
    ({"temperature": 2.0, "weight": 0.5, "gold": 0.0}, 2.0, 0.0),
])  # fmt: skip
def test_the_mean_is_over_labeled_and_unlabeled_rows(settings, factor, gold):
    """One labeled row at KL(P || Q), three unlabeled ones: one at KL(Q || P), one that agrees, one of padding."""
    unlabelled = {"features": {}, "weights": np.array([1, 1, 0], "float32"), "taught": logits_of(Q, P, P)}
    batch = {"features": {}, "weights": np.ones(1, "float32"), "taught": logits_of(P), "unlabelled": unlabelled}
    strategy = Distill(teacher="run", **settings)
    temperature = strategy.temperature
    mean = (divergence(P, Q, temperature) + divergence(Q, P, temperature) + 0) / 3
    found = value_of(strategy, logits_of(Q), step_of(batch, logits_of(P, P, Q)))
    assert found == pytest.approx(1.5 * gold + factor * mean, abs=1e-5)


def hidden_batch(student, teacher, real):
    outputs = logits_of(P) | {"hidden_0": ops.convert_to_tensor(student)}
    taught = logits_of(P) | {"hidden_0": ops.convert_to_tensor(teacher), "real": real}
    return outputs, {"features": {}, "weights": np.ones(1, "float32"), "taught": taught}


def test_hidden_states_of_one_width_are_compared_as_they_are():
    student, teacher = np.zeros((1, 3, 2), "float32"), np.array([[[1, 0], [2, 2], [9, 9]]], "float32")
    outputs, batch = hidden_batch(student, teacher, np.array([[1, 1, 0]], "float32"))
    found = value_of(Distill(teacher="run", hidden=2.0), outputs, step_of(batch))
    assert found == pytest.approx(1.5 + 2 * (0.5 + 4) / 2, abs=1e-6)


def test_a_projection_finds_any_linear_map_between_widths():
    rng = np.random.default_rng(0)
    student = rng.normal(size=(1, 40, 3)).astype("float32")
    teacher = student @ rng.normal(size=(3, 5)).astype("float32") + np.arange(5, dtype="float32")
    strategy = Distill(teacher="run", hidden=1.0).with_widths([(3, 5)])
    state = strategy.start({}, None)
    assert {name: array.shape for name, array in state.items()} == {"square_0": (4, 4), "cross_0": (4, 5)}
    outputs, batch = hidden_batch(student, teacher, np.ones((1, 40), "float32"))
    assert value_of(strategy, outputs, step_of(batch, state=state)) == pytest.approx(1.5, abs=1e-3)
    assert float(np.abs(ops.convert_to_numpy(state["square_0"])).max()) > 0
    noise = hidden_batch(student, rng.normal(size=teacher.shape).astype("float32"), np.ones((1, 40), "float32"))
    assert value_of(strategy, noise[0], step_of(noise[1], state=strategy.start({}, None))) > 2


def test_layers_are_evenly_spaced_or_those_that_are_named():
    assert Distill().pairs(2, 4) == [(1, 2), (2, 4)] and Distill().pairs(3, 12) == [(1, 4), (2, 8), (3, 12)]
    assert Distill(layers=("2:4", "1:1")).pairs(2, 4) == [(2, 4), (1, 1)]
    for wrong in ("3:1", "1:5", "0:1", "1", "a:b"):
        with pytest.raises(InputError, match=rf"--distill\.layers: '{wrong}' is not STUDENT:TEACHER with numbers up to 2 and 4"):
            Distill(layers=(wrong,)).pairs(2, 4)
