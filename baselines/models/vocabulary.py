"""Vocabulary surgery: select, average and add rows of the token tables while a checkpoint is read."""

from collections.abc import Callable, Sequence

import numpy as np

from baselines.errors import InputError

TABLES = ("Embedding-Token/embeddings", "MLM-Bias/bias")
"""The variables with a row per token."""
COLUMNS = ("Decoder-Output-LM/kernel", "Decoder-Output-Bias/bias")
"""The variables with a column per token."""


def adapters(select: Callable[[np.ndarray], np.ndarray]) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """{variable path: function of its tensor} for `load_weights`. select   gets a table (V, …) and returns the new one."""
    return dict.fromkeys(TABLES, select) | dict.fromkeys(COLUMNS, lambda table: select(table.T).T)


def size(vocab_size: int, keep_tokens: Sequence[int] | None = None, compound_tokens: Sequence | None = None) -> int:
    """The size of the vocabulary after `rows`."""
    return (vocab_size if keep_tokens is None else len(keep_tokens)) + len(compound_tokens or ())


def rows(array: np.ndarray, keep_tokens: Sequence[int] | None = None, compound_tokens: Sequence | None = None) -> np.ndarray:
    """The rows `keep_tokens` of `array` (V, ...), in that order, and then one row per compound token.

    keep_tokens      -1 adds a row, the mean of the selected ones: `Vocabulary.keep_ids` has it for added tokens
    compound_tokens  each a list of ids after the selection, averaged, or a pair (ids, weights)

    Raises InputError if an id is not below the number of rows.
    """
    if keep_tokens is not None:
        ids = np.asarray(keep_tokens)
        check_ids(ids[ids != -1], len(array), "keep_tokens")
        mean = array[ids[ids != -1]].mean(axis=0)
        array = np.where((ids == -1).reshape(-1, *[1] * (array.ndim - 1)), mean, array[ids]).astype(array.dtype)
    if not compound_tokens:
        return array
    compounds = []
    for item in compound_tokens:
        ids, weights = item if isinstance(item, tuple) else (item, None)
        check_ids(ids, len(array), "compound_tokens")
        compounds.append(np.average(array[np.asarray(ids)], axis=0, weights=weights))
    return np.concatenate([array, np.asarray(compounds, array.dtype)])


def check_ids(ids: Sequence[int], limit: int, argument: str) -> None:
    if len(ids) and not 0 <= min(ids) <= max(ids) < limit:
        raise InputError(
            f"{argument}: the ids range from {min(ids)} to {max(ids)}, but the checkpoint has {limit} rows. "
            "Check that vocabulary and checkpoint belong together."
        )
