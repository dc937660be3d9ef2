"""Scores of extraction by text instead of places, as the leaderboards of LIC2020 count: DuIE's and DuEE's."""

import collections
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from baselines.metrics.kg import common_length
from baselines.metrics.spans import f1


def set_f1(golds: Sequence[set[Hashable]], predictions: Sequence[set[Hashable]]) -> dict[str, float]:
    """Micro precision, recall and F1 of sets: {"f1", "precision", "recall"}, each in [0, 1].

    DuIE 2.0 counts a triple with all slots of its object as one: it is right as a whole or not at all.

    Args:
        golds: Per example the facts.
        predictions: Per example the predicted facts, in the same order.
    """
    gold, predicted = sum(map(len, golds)), sum(map(len, predictions))
    right = sum(len(one & other) for one, other in zip(golds, predictions, strict=True))
    return {"f1": f1(gold, predicted, right), **precision_and_recall(right, predicted, gold)}


def overlap_f1(golds: Sequence[Mapping[Hashable, Sequence[str]]], predictions: Sequence[Mapping]) -> dict[str, float]:
    """DuEE's character F1: {"f1", "precision", "recall"}, each in [0, 1].

    An argument counts as its share of common characters, 2 LCS(a, b) / (|a| + |b|), with the gold argument of the same event type
    and role that it is assigned to; LCS is the longest common subsequence. Of several arguments of one role the best assignment
    counts. Su Jianlin, 2020, kexue.fm/archives/7321, has one argument per role.

    Args:
        golds: Per example {(event type, role): texts of its arguments}.
        predictions: The predicted ones, in the same order.
    """
    right = gold = predicted = 0.0
    for one, other in zip(golds, predictions, strict=True):
        gold += sum(map(len, one.values()))
        predicted += sum(map(len, other.values()))
        right += sum(assigned(one[key], other[key]) for key in one if key in other)
    return {"f1": f1(gold, predicted, right), **precision_and_recall(right, predicted, gold)}


def assigned(golds: Sequence[str], predictions: Sequence[str]) -> float:
    """The largest sum of shares of common characters over one-to-one pairs."""
    shares = np.array([[shared(gold, predicted) for predicted in predictions] for gold in golds]).reshape(len(golds), -1)
    return float(shares[linear_sum_assignment(shares, maximize=True)].sum())


def shared(one: str, other: str) -> float:
    """2 LCS / (|a| + |b|), in [0, 1]; 1 for two empty texts."""
    return f1(len(one), len(other), common_length(one, other))


def precision_and_recall(right: float, predicted: float, gold: float) -> dict[str, float]:
    return {"precision": right / predicted if predicted else 1.0, "recall": right / gold if gold else 1.0}


def by_role(arguments: Sequence[tuple[Hashable, str]]) -> dict[Hashable, list[str]]:
    """{key: its different texts, in order} of (key, text)."""
    result = collections.defaultdict(dict)
    for key, text in arguments:
        result[key][text] = None
    return {key: list(texts) for key, texts in result.items()}
