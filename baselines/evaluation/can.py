"""CAN: re-normalize low-confidence predictions with confident ones and the training label prior. arXiv:2109.13449.

Classification with alternating normalization; the form and the defaults of kexue.fm/archives/8728. No training, hardly any cost.
It assumes that the class frequencies of the predicted data are those of training.
"""

import dataclasses
import warnings

import numpy as np

from baselines.errors import InputError
from baselines.plugins.settings import ranges

TOLERANCE = 1e-3
"""Largest deviation of the sum of a row from 1."""


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
    """How often columns and rows are normalized; more is usually worse."""

    def __post_init__(self):
        ranges(self, k=(2, None), tau=(0, None), alpha=(1e-6, None), iters=(1, None))

    def __call__(self, probs: np.ndarray, prior: np.ndarray) -> np.ndarray:
        return can(probs, prior, self.k, self.tau, self.alpha, self.iters)


def can(probs: np.ndarray, prior: np.ndarray, k: int = 3, tau: float = 0.9, alpha: float = 1.0, iters: int = 1) -> np.ndarray:
    """Probabilities (N, C) with the unsure rows adjusted; the others and the order do not change.

    prior   (C,), shares of the classes in the training data; one of 0 excludes its class from adjusted rows
    Each unsure row is normalized together with all sure ones, and with no other unsure one. Without a sure row nothing changes.
    """
    probs, prior = check_distributions(probs, prior)
    unsure = uncertainty(probs, k) >= tau
    if not unsure.any():
        return probs
    if unsure.all():
        warnings.warn(f"CAN: no prediction is surer than tau={tau}, so none was adjusted.", stacklevel=2)
        return probs
    if (prior == 0).any():
        warnings.warn(f"CAN: {np.count_nonzero(prior == 0)} classes have a prior of 0 and are never chosen.", stacklevel=2)
    sure, queries = probs[~unsure], probs[unsure]
    if iters == 1:
        adjusted = normalize_once(sure, queries, prior, alpha)
    else:
        adjusted = normalize_repeatedly(sure, queries, prior, alpha, iters)
    result = probs.copy()
    result[unsure] = np.where(adjusted.sum(axis=1, keepdims=True) > 0, adjusted, queries)   # all it had was excluded
    return result


def uncertainty(probs: np.ndarray, k: int = 3, renormalized: bool = True) -> np.ndarray:
    """float64 (N,), 0 sure to 1: entropy of the k largest probabilities, made to sum to 1, over log k.

    renormalized   False: the paper's, of the probabilities as they are, over log C; far below 1 where classes are many
    """
    probs = np.asarray(probs, np.float64)
    classes = probs.shape[1]
    if k < 2:
        raise ValueError(f"uncertainty: k={k} is below 2, and log 1 = 0. Give 2 or more.")
    top = np.sort(probs, axis=1)[:, -min(k, classes) :]
    if renormalized:
        top = top / top.sum(axis=1, keepdims=True)
    terms = top * np.log(np.where(top > 0, top, 1))                     # 0 log 0 = 0
    result = -terms.sum(axis=1) / np.log(top.shape[1] if renormalized else classes)
    return np.clip(result, 0, 1)


def normalize_once(sure: np.ndarray, queries: np.ndarray, prior: np.ndarray, alpha: float) -> np.ndarray:
    """All queries at once: q^a prior / (column sums of sure^a + q^a), each row divided by its sum."""
    powers = queries**alpha
    return normalize_rows(safe_divide(powers * prior, (sure**alpha).sum(axis=0) + powers))


def normalize_repeatedly(sure: np.ndarray, queries: np.ndarray, prior: np.ndarray, alpha: float, iters: int) -> np.ndarray:
    """Several iterations: each query in turn under the sure rows, which are normalized along with it."""
    result = []
    for query in queries:
        rows = np.vstack([sure, query])
        for _ in range(iters):
            rows = rows**alpha
            rows = normalize_rows(safe_divide(rows, rows.mean(axis=0)) * prior)
        result.append(rows[-1])
    return np.stack(result)


def normalize_rows(rows: np.ndarray) -> np.ndarray:
    return safe_divide(rows, rows.sum(axis=-1, keepdims=True))


def safe_divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """The quotient, 0 where 0 is divided by 0: a class that nobody predicts."""
    return np.divide(numerator, denominator, out=np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape)),
                     where=denominator > 0)  # fmt: skip


def check_distributions(probs: np.ndarray, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64. Raises InputError if a row is not a distribution."""
    probs, prior = np.asarray(probs, np.float64), np.asarray(prior, np.float64)
    if probs.ndim != 2 or probs.shape[1] < 2:
        raise InputError(f"CAN: the probabilities have the shape {probs.shape}. Give (N, C), with two classes or more.")
    if prior.shape != probs.shape[1:]:
        raise InputError(
            f"CAN: the prior has the shape {prior.shape}, but there are {probs.shape[1]} classes. "
            "Give one number per class."
        )
    for name, rows in (("probabilities", probs), ("the prior", prior[None])):
        sums = rows.sum(axis=1)
        wrong = np.flatnonzero(~(np.abs(sums - 1) <= TOLERANCE) | (rows < 0).any(axis=1))
        if len(wrong):
            row = wrong[0]
            raise InputError(f"CAN: {name} in row {row} are {rows[row]}. Give numbers of 0 or more that sum to 1.")
    return probs, prior / prior.sum()
