"""Weights of an ensemble by greedy selection on scored examples. Caruana et al., 2004, "Ensemble selection from libraries of
models".

Round after round the model with which the ensemble scores best is added, with replacement. A weight is the share of the additions.
It takes any metric, and a model that does not help gets the weight 0.
"""

import functools
from collections.abc import Callable

import numpy as np

ROUNDS = 20
"""Additions; a weight is a multiple of 1 / 20 at the finest."""


def greedy_weights(models: int, score: Callable[[tuple[float, ...]], float]) -> np.ndarray:
    """Chooses weights.

    Args:
        models: Number of models.
        score: Weights (of sum 1) -> score of the ensemble, higher is better.

    Returns:
        float64 (models,), of sum 1: those of the best round. Of equal rounds the last counts, and of equal models the one that was
        added least often, so that without a difference the weights are equal.
    """
    score = functools.cache(score)
    counts, best, best_score = np.zeros(models, int), None, -np.inf
    for _ in range(ROUNDS):
        added = counts + np.eye(models, dtype=int)                      # row i: with one more of model i
        value, _, index = max((score(normalized(row)), -counts[index], -index) for index, row in enumerate(added))
        counts = added[-index]
        if value >= best_score:
            best, best_score = normalized(counts), value
    return np.array(best)


def normalized(counts: np.ndarray) -> tuple[float, ...]:
    """Counts as weights of sum 1."""
    return tuple((counts / counts.sum()).tolist())
