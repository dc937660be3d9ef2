"""Accuracy and F1 at a threshold that is tuned on other pairs than it is scored on.

A threshold tuned on the very pairs that it scores flatters them. Without another file, each half of the pairs is judged by the
threshold that is best for the other half; halves are drawn, always the same, with as many of each answer in both.
"""

from collections.abc import Sequence

import numpy as np


def best_threshold(golds: Sequence, scores: np.ndarray) -> float:
    """The threshold with the most right answers, midway between two scores: golds 0 or 1, scores above it predict 1.

    Of equally good ones the lowest. Raises ValueError without golds.
    """
    golds, scores = np.asarray(golds, bool), np.asarray(scores, np.float64)
    if not len(golds):
        raise ValueError("best_threshold: there is nothing to score. Give at least one gold.")
    order = np.argsort(scores, kind="stable")
    golds, scores = golds[order], scores[order]
    right = np.concatenate([[0], np.cumsum(np.where(golds, -1, 1))])    # of a cut before each score, less those of the lowest
    possible = np.concatenate([[True], scores[1:] > scores[:-1], [True]])
    cut = int(np.argmax(np.where(possible, right, -len(right) - 1)))
    if cut in (0, len(scores)):
        return float(scores[0] - 1e-6 if cut == 0 else scores[-1])
    return float((scores[cut - 1] + scores[cut]) / 2)


def threshold_scores(golds: Sequence, scores: np.ndarray, thresholds: float | np.ndarray) -> dict[str, float]:
    """{"accuracy", "f1": of the pairs that are alike}. thresholds   a number, or one for each score"""
    golds, predictions = np.asarray(golds, bool), np.asarray(scores, np.float64) > thresholds
    both = int(np.sum(golds & predictions))
    either = int(golds.sum() + predictions.sum())
    return {"accuracy": float(np.mean(golds == predictions)), "f1": 2 * both / either if either else 0.0}


def cross_fitted_thresholds(golds: Sequence, scores: np.ndarray) -> np.ndarray:
    """float64 (N,): for each pair the best threshold of the half that it does not belong to; a pair alone has its own."""
    golds, scores = np.asarray(golds), np.asarray(scores, np.float64)
    drawn = np.random.Generator(np.random.PCG64(0)).permutation(len(golds))
    order = drawn[np.argsort(golds[drawn], kind="stable")]
    halves, thresholds = (order[::2], order[1::2] if len(order) > 1 else order), np.empty(len(golds))
    for half, other in (halves, halves[::-1]):
        thresholds[half] = best_threshold(golds[other], scores[other])
    return thresholds
