"""Rows of the token table kept, and rows made of others: surgery on a checkpoint's arrays as they are read."""

from collections.abc import Sequence

import numpy as np

from baselines.errors import InputError

TABLES = ("Embedding-Token/embeddings", "MLM-Bias/bias")
"""The variables with a row per token."""


def size(vocab_size: int, keep_tokens: Sequence[int] | None = None, compound_tokens: Sequence | None = None) -> int:
    """The size of the vocabulary after `rows`."""
    return (vocab_size if keep_tokens is None else len(keep_tokens)) + len(compound_tokens or ())


def rows(array: np.ndarray, keep_tokens: Sequence[int] | None = None, compound_tokens: Sequence | None = None) -> np.ndarray:
    """The rows `keep_tokens` of `array` (V, ...), in that order, and then one row per compound token.

    keep_tokens      -1 makes a new row, the mean of the kept ones: `Vocabulary.keep_ids` has it for added tokens
    compound_tokens  each a list of ids after the selection, averaged, or a pair (ids, weights)

    Raises InputError if an id is not below the number of rows.
    """
    if keep_tokens is not None:
        ids = np.asarray(keep_tokens)
        expect_below(ids[ids != -1], len(array), "keep_tokens")
        mean = array[ids[ids != -1]].mean(axis=0)
        array = np.where((ids == -1).reshape(-1, *[1] * (array.ndim - 1)), mean, array[ids]).astype(array.dtype)
    if not compound_tokens:
        return array
    compounds = []
    for item in compound_tokens:
        ids, weights = item if isinstance(item, tuple) else (item, None)
        expect_below(ids, len(array), "compound_tokens")
        compounds.append(np.average(array[np.asarray(ids)], axis=0, weights=weights))
    return np.concatenate([array, np.asarray(compounds, array.dtype)])


def expect_below(ids: Sequence[int], limit: int, argument: str) -> None:
    if len(ids) and not 0 <= min(ids) <= max(ids) < limit:
        raise InputError(
            f"{argument}: expected token ids in [0, {limit}), the rows of the checkpoint. "
            f"Received: {min(ids)} to {max(ids)}. Do vocabulary and checkpoint belong together?"
        )
