"""Spearman's and Pearson's correlation, for graded similarity."""

import math
from collections.abc import Sequence


def spearman_and_pearson(golds: Sequence, predictions: Sequence) -> dict[str, float]:
    """{"spearman": …, "pearson": …}, each in [-1, 1]: the first, which asks only for the right order, selects the best epoch."""
    return {"spearman": pearson(ranks(golds), ranks(predictions)), "pearson": pearson(golds, predictions)}


def pearson(golds: Sequence, predictions: Sequence) -> float:
    """Covariance over the product of standard deviations; 0.0 where one of the two never varies."""
    if not golds or len(golds) != len(predictions):
        raise ValueError(f"pearson: {len(golds)} gold and {len(predictions)} predicted items. Give one prediction per gold.")
    one, two = centered(golds), centered(predictions)
    norm = math.sqrt(math.fsum(x * x for x in one) * math.fsum(y * y for y in two))
    return max(-1.0, min(1.0, math.fsum(x * y for x, y in zip(one, two, strict=True)) / norm)) if norm else 0.0


def centered(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values] if max(values) > min(values) else [0.0] * len(values)


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; equal ones share the mean of theirs.

    >>> ranks([0.5, 0.1, 0.5])
    [2.5, 1.0, 2.5]
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    result, start = [0.0] * len(values), 0
    for end in range(1, len(order) + 1):
        if end == len(order) or values[order[end]] != values[order[start]]:
            for position in order[start:end]:
                result[position] = (start + 1 + end) / 2
            start = end
    return result
