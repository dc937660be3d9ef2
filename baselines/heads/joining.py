"""Predictions of several models as one: means of probabilities (Hansen and Salamon, 1990) and votes of spans.

`weights` are float64 (M,), one per model, and sum to 1.
"""

import collections
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

MAJORITY = 0.5
"""Share of the weights that a span needs more than."""


def mean_of_classes(logits: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Log of the mean of the models' softmax probabilities.

    Args:
        logits: Per model float (N, C).
        weights: See the module.

    Returns:
        float64 (N, C), logits whose softmax is the mean.
    """
    parts = [_log_softmax(part) for part in logits]
    return _weighted_sum_of_logs(parts, weights)


def mean_of_labels(logits: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Log odds of the mean of the models' sigmoid probabilities: float64 of the shape of each of `logits`."""
    positive = _weighted_sum_of_logs([-np.logaddexp(0, -_double(part)) for part in logits], weights)
    negative = _weighted_sum_of_logs([-np.logaddexp(0, _double(part)) for part in logits], weights)
    return positive - negative


def majority(found: Sequence[Iterable[Hashable]], weights: np.ndarray) -> list:
    """What models of more than half of the weight have found, in the order of the first model that found it.

    Args:
        found: Per model, what it found in a text.
        weights: See the module.
    """
    votes = collections.Counter()
    for items, weight in zip(found, weights, strict=True):
        for item in dict.fromkeys(items):
            votes[item] += weight
    return [item for item, weight in votes.items() if weight > MAJORITY + 1e-9]


def mean_of_finders(values: Sequence[dict], weights: np.ndarray, item: Hashable) -> float:
    """Weighted mean of a number over the models that found an item.

    Args:
        values: Per model {item: number}.
        weights: See the module.
        item: Which one; at least one model of positive weight has it.
    """
    pairs = [(weight, each[item]) for each, weight in zip(values, weights, strict=True) if item in each]
    return float(sum(weight * value for weight, value in pairs) / sum(weight for weight, _ in pairs))


def _log_softmax(logits):
    logits = _double(logits)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _weighted_sum_of_logs(parts, weights):
    with np.errstate(divide="ignore"):                                  # a weight of 0
        return np.logaddexp.reduce([part + np.log(weight) for part, weight in zip(parts, weights, strict=True)])


def _double(array):
    return np.asarray(array, np.float64)
