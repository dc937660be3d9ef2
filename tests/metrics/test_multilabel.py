"""Scores of sets of labels on worked numbers, and against scikit-learn where it is installed."""

import random

import numpy as np
import pytest

from baselines.metrics.multilabel import multilabel_scores


def test_worked_numbers():
    # a: gold 2, found 1, right 1, F1 2/3; b: 1, 1, 0, 0; c: 0, 1, 0, 0; together: gold 3, found 3, right 1
    scores = multilabel_scores([["a", "b"], ["a"], []], [["a"], ["b", "c"], []])
    assert scores == pytest.approx({"micro_f1": 1 / 3, "macro_f1": 2 / 9, "subset_accuracy": 1 / 3})
    assert list(scores)[0] == "micro_f1", "the first selects the best epoch"


def test_order_and_repetition_do_not_count():
    assert set(multilabel_scores([["a", "b"]], [["b", "a", "a"]]).values()) == {1.0}


def test_to_find_nothing_where_nothing_is_is_right():
    assert set(multilabel_scores([[], []], [[], []]).values()) == {1.0}
    assert set(multilabel_scores([[], []], [["a"], ["a"]]).values()) == {0.0}


@pytest.mark.parametrize("seed", range(3))
def test_against_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(seed)
    golds, predictions = draw.random((60, 5)) < 0.3, draw.random((60, 5)) < 0.4
    names = random.Random(seed).sample("vwxyz", 5)
    found = multilabel_scores(*([[names[i] for i in np.flatnonzero(row)] for row in rows] for rows in (golds, predictions)))
    assert found["micro_f1"] == pytest.approx(metrics.f1_score(golds, predictions, average="micro"))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(golds, predictions, average="macro"))
    assert found["subset_accuracy"] == pytest.approx(metrics.accuracy_score(golds, predictions))


@pytest.mark.parametrize("golds, predictions", [([], []), ([["a"]], [])])
def test_lists_that_do_not_match(golds, predictions):
    with pytest.raises(ValueError, match="Give one prediction per gold"):
        multilabel_scores(golds, predictions)
