"""Losses of a reranker: worked numbers, padding that changes nothing, and queries that have nothing to compare."""

import math

import keras
import numpy as np
import pytest

from baselines.losses.ranking import OBJECTIVES, RankingLoss

pytestmark = pytest.mark.keras

SCORES, GRADES = [2.0, -1.0, 0.5], [2.0, 0.0, 1.0]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def loss(objective, grades=GRADES, scores=SCORES, high=2.0):
    grades, scores = (keras.ops.convert_to_tensor(np.array([values], np.float32)) for values in (grades, scores))
    return keras.ops.convert_to_numpy(RankingLoss(objective, high)(grades, {"logits": scores}))[0]


def test_pointwise_is_the_cross_entropy_of_each_grade():
    shares = [grade / 2 for grade in GRADES]
    each = [-g * math.log(sigmoid(s)) - (1 - g) * math.log(1 - sigmoid(s)) for g, s in zip(shares, SCORES, strict=True)]
    assert loss("pointwise") == pytest.approx(sum(each) / 3, rel=1e-5)
    assert np.isfinite(loss("pointwise", [0.0, 2.0, 1.0], [500.0, -500.0, 0.0]))


def test_pairwise_is_over_the_pairs_of_different_grades():
    each = [math.log(1 + math.exp(low - high)) for high, low in ((2.0, -1.0), (2.0, 0.5), (0.5, -1.0))]
    assert loss("pairwise") == pytest.approx(sum(each) / 3, rel=1e-5)


def test_listwise_weighs_by_gain():
    total = math.log(sum(map(math.exp, SCORES)))
    assert loss("listwise") == pytest.approx(-(3 / 4 * (2.0 - total) + 1 / 4 * (0.5 - total)), rel=1e-5)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_padding_changes_nothing(objective):
    padded = loss(objective, [*GRADES, -1.0], [*SCORES, -1e9])
    assert padded == pytest.approx(loss(objective), rel=1e-6)


@pytest.mark.parametrize("objective", ["pairwise", "listwise"])
def test_nothing_to_compare_is_no_loss(objective):
    assert loss(objective, [0.0, 0.0, 0.0]) == 0
    assert objective == "listwise" or loss(objective, [1.0, 1.0, 1.0]) == 0
