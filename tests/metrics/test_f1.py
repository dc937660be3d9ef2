"""Macro F1 on worked numbers, and against scikit-learn where it is installed."""

import random

import pytest

from baselines.metrics.f1 import accuracy_and_macro_f1, macro_f1


def test_worked_numbers():
    # a: precision 1/2, recall 1/1, F1 2/3; b: 1/1, 1/2, 2/3; c and d: never right, 0
    scores = macro_f1(["a", "b", "b", "c"], ["a", "b", "a", "d"])
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0 + 0) / 4)
    assert macro_f1(["a", "b"], ["a", "b"]) == {"macro_f1": 1.0}


def test_against_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    draw = random.Random(0)
    golds, predictions = draw.choices("abcdef", k=200), draw.choices("abcdeg", k=200)
    expected = metrics.f1_score(golds, predictions, average="macro", zero_division=0)
    assert macro_f1(golds, predictions)["macro_f1"] == pytest.approx(expected)


def test_accuracy_comes_first_for_it_selects_the_epoch():
    assert list(accuracy_and_macro_f1(["a", "b"], ["a", "a"])) == ["accuracy", "macro_f1"]


def test_no_golds():
    with pytest.raises(ValueError, match="at least one gold"):
        macro_f1([], [])
