"""Greedy weights: a model that helps gets weight, one that does not gets none, and ties keep the weights even."""

import numpy as np
import pytest

from baselines.evaluation.greedy_weights import greedy_weights
from baselines.evaluation.member_table import member_table


def test_the_best_mixture_on_a_grid_is_found():
    target = np.array([0.5, 0.0, 0.5])
    weights = greedy_weights(3, lambda weights: -np.abs(np.array(weights) - target).sum())
    assert weights == pytest.approx(target)


def test_a_model_that_is_best_alone_stays_alone():
    assert greedy_weights(3, lambda weights: weights[1]) == pytest.approx([0, 1, 0])


def test_without_a_difference_the_weights_are_equal():
    assert greedy_weights(2, lambda weights: 1.0) == pytest.approx([0.5, 0.5])


def test_each_weights_are_scored_once():
    seen = []
    greedy_weights(2, lambda weights: seen.append(weights) or 1.0)
    assert len(seen) == len(set(seen))


def test_scores_of_members_beside_the_joint_one():
    table = member_table([("runs/a", 0.5, {"accuracy": 0.25, "loss": 1.0}), ("b", 0.5, {}), ("ensemble", None, {"accuracy": 0.5})])
    assert table.splitlines() == [
        "run       weight  accuracy",
        "runs/a     0.500    0.2500",
        "b          0.500         -",
        "ensemble            0.5000",
    ]
