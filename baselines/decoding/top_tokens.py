"""The likeliest of many tokens, where those that a model offers are too few or were weighted anew."""

import numpy as np

from baselines.decoding.decoder_protocol import Scores
from baselines.errors import InputError


def likeliest(values: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` largest along the last axis, descending; of equal ones the lower id first.

    values   float (..., V), no NaN; returns ids int32 and values (..., min(count, V))
    """
    size = values.shape[-1]
    count = min(count, size)
    rows = values.reshape(-1, size)
    ids = np.empty((len(rows), count), np.int32)
    for row, chosen in zip(rows, ids, strict=True):
        least = np.partition(row, size - count)[size - count]
        above = np.flatnonzero(row > least)
        chosen[: len(above)] = above[np.argsort(-row[above], kind="stable")]
        chosen[len(above) :] = np.flatnonzero(row == least)[: count - len(above)]
    return ids.reshape(*values.shape[:-1], count), np.take_along_axis(rows, ids, axis=-1).reshape(*values.shape[:-1], count)


def from_whole(log_probabilities: np.ndarray, end_id: int, count: int) -> Scores:
    """Scores with `count` candidates, of log-probabilities float32 (R, K, V) of every token."""
    ids, values = likeliest(log_probabilities, count)
    return Scores(ids, values, log_probabilities[..., end_id], lambda: log_probabilities)


def check_numbers(values: np.ndarray) -> None:
    """Raises InputError if a log-probability is not a number: weights that diverged, or half precision that overflowed."""
    if np.isnan(values).any():
        raise InputError(
            "The scores of the next token are NaN: the weights of this model are NaN or overflow. "
            "Use an earlier checkpoint, or compute in float32."
        )
