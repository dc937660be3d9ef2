"""CAN: unsure predictions are adjusted by sure ones and by how often each class was seen in training. arXiv:2109.13449.

Classification with alternating normalization; the form and the defaults of kexue.fm/archives/8728. No training, hardly any cost.
It takes for granted that the classes are as frequent in what is predicted as they were in training.
"""

import dataclasses
import warnings

import numpy as np

from baselines.errors import InputError
from baselines.plugins.settings import ranges

TOLERANCE = 1e-3
"""What rows of probabilities may lack of 1, or have beyond it."""


@dataclasses.dataclass(frozen=True)
class Can:
    """The settings, flags as `--can.tau 0.8`. Call it with probabilities (N, C) and a prior (C,)."""

    k: int = 3
    """How many of the largest probabilities tell how unsure a prediction is."""
    tau: float = 0.9
    """Predictions at least as unsure as this, from 0 to 1, are adjusted."""
    alpha: float = 1.0
    """Power that probabilities are raised to first."""
    iters: int = 1
    """How often columns and rows are normalised; more is usually worse."""

    def __post_init__(self):
        ranges(self, k=(2, None), tau=(0, None), alpha=(1e-6, None), iters=(1, None))

    def __call__(self, probs: np.ndarray, prior: np.ndarray) -> np.ndarray:
        return can(probs, prior, self.k, self.tau, self.alpha, self.iters)


def can(probs: np.ndarray, prior: np.ndarray, k: int = 3, tau: float = 0.9, alpha: float = 1.0, iters: int = 1) -> np.ndarray:
    """Probabilities (N, C) with the unsure rows adjusted; the others, and the order, stay as they are.

    prior   (C,), shares of the classes in the training data; one of 0 excludes its class from adjusted rows
    Each unsure row is normalised together with all sure ones, and with no other unsure one. Without a sure row, nothing is done.
    """
    probs, prior = checked(probs, prior)
    unsure = uncertainty(probs, k) >= tau
    if not unsure.any():
        return probs
    if unsure.all():
        warnings.warn(f"CAN: no prediction is surer than tau={tau}, so none was adjusted.", stacklevel=2)
        return probs
    if (prior == 0).any():
        warnings.warn(f"CAN: {np.count_nonzero(prior == 0)} classes have a prior of 0: no adjusted row has them.", stacklevel=2)
    sure, queries = probs[~unsure], probs[unsure]
    adjusted = once(sure, queries, prior, alpha) if iters == 1 else repeated(sure, queries, prior, alpha, iters)
    result = probs.copy()
    result[unsure] = np.where(adjusted.sum(axis=1, keepdims=True) > 0, adjusted, queries)   # all it had was excluded
    return result


def uncertainty(probs: np.ndarray, k: int = 3, renormalised: bool = True) -> np.ndarray:
    """float64 (N,), 0 sure to 1: entropy of the k largest probabilities, made to sum to 1, over log k.

    renormalised   False: the paper's, of the probabilities as they are, over log C; far below 1 where classes are many
    """
    probs = np.asarray(probs, np.float64)
    classes = probs.shape[1]
    if k < 2:
        raise ValueError(f"uncertainty: expected k to be 2 or more, for log 1 = 0. Received: k={k}")
    top = np.sort(probs, axis=1)[:, -min(k, classes) :]
    if renormalised:
        top = top / top.sum(axis=1, keepdims=True)
    terms = top * np.log(np.where(top > 0, top, 1))                     # 0 log 0 = 0
    result = -terms.sum(axis=1) / np.log(top.shape[1] if renormalised else classes)
    return np.clip(result, 0, 1)


def once(sure: np.ndarray, queries: np.ndarray, prior: np.ndarray, alpha: float) -> np.ndarray:
    """All queries at once: q^a prior / (column sums of sure^a + q^a), each row divided by its sum."""
    powers = queries**alpha
    return to_sum_1(divided(powers * prior, (sure**alpha).sum(axis=0) + powers))


def repeated(sure: np.ndarray, queries: np.ndarray, prior: np.ndarray, alpha: float, iters: int) -> np.ndarray:
    """Several iterations: each query in turn under the sure rows, which are normalised along with it."""
    result = []
    for query in queries:
        rows = np.vstack([sure, query])
        for _ in range(iters):
            rows = rows**alpha
            rows = to_sum_1(divided(rows, rows.mean(axis=0)) * prior)
        result.append(rows[-1])
    return np.stack(result)


def to_sum_1(rows: np.ndarray) -> np.ndarray:
    return divided(rows, rows.sum(axis=-1, keepdims=True))


def divided(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """The quotient, 0 where 0 is divided by 0: a class that nobody predicts."""
    return np.divide(numerator, denominator, out=np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape)),
                     where=denominator > 0)  # fmt: skip


def checked(probs: np.ndarray, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64. Raises InputError for what is no distribution."""
    probs, prior = np.asarray(probs, np.float64), np.asarray(prior, np.float64)
    if probs.ndim != 2 or probs.shape[1] < 2:
        raise InputError(f"CAN: expected probabilities of two classes or more per row, (N, C). Received: shape {probs.shape}.")
    if prior.shape != probs.shape[1:]:
        raise InputError(f"CAN: expected a prior for each of {probs.shape[1]} classes. Received: shape {prior.shape}.")
    for name, rows in (("probabilities", probs), ("the prior", prior[None])):
        sums = rows.sum(axis=1)
        wrong = np.flatnonzero(~(np.abs(sums - 1) <= TOLERANCE) | (rows < 0).any(axis=1))
        if len(wrong):
            row = wrong[0]
            raise InputError(f"CAN: expected {name} that are not negative and sum to 1. Received: {rows[row]} (row {row}).")
    return probs, prior / prior.sum()
