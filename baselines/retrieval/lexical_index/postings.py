"""How often each text has each term: a sparse matrix (terms, texts), which texts join and leave.

Only counts are stored. Everything that depends on the other texts (document frequencies, mean length) is computed by a search, so
that scores after an addition or a deletion equal those of an index built from the remaining texts.
"""

from collections.abc import Callable, Iterable

import numpy as np
from scipy.sparse import csr_array, hstack

CHUNK_SIZE = 100_000
"""Texts that are counted before their counts join the matrix."""
MAX_COUNT = np.iinfo(np.uint16).max


def count(
    texts: Iterable[str], numbers: dict[str, int], terms_of: Callable[[str], list[str]], report: Callable[[int], None] | None = None
) -> csr_array:
    """Counts the terms of texts.

    Args:
        texts: N texts.
        numbers: {term: its number}; terms that it lacks are added.
        terms_of: The terms of a text.
        report: Called with the number of texts done, or None.

    Returns:
        uint16 (len(numbers), N).
    """
    parts, rows, lengths = [], [], []
    for text in texts:
        terms = [numbers.setdefault(term, len(numbers)) for term in terms_of(text)]
        rows.extend(terms)
        lengths.append(len(terms))
        if len(lengths) == CHUNK_SIZE:
            parts.append(_matrix(rows, lengths, len(numbers)))
            rows, lengths = [], []
            if report:
                report(CHUNK_SIZE * len(parts))
    parts.append(_matrix(rows, lengths, len(numbers)))
    return join(parts)


def join(parts: Iterable[csr_array]) -> csr_array:
    """The texts of several matrices side by side. A matrix may lack the terms that came later."""
    parts = list(parts)
    size = max(part.shape[0] for part in parts)
    return csr_array(hstack([_with_terms(part, size) for part in parts], format="csr"), dtype=np.uint16)


def _matrix(rows, lengths, size):
    columns = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    ones = np.ones(len(rows), np.int32)
    table = csr_array((ones, (np.asarray(rows, np.int32), columns)), shape=(size, len(lengths)))     # sums up repeated terms
    return csr_array((np.minimum(table.data, MAX_COUNT).astype(np.uint16), table.indices, table.indptr), shape=table.shape)


def _with_terms(table, size):
    """The table with rows of zeros for terms that it lacks."""
    missing = size - table.shape[0]
    starts = np.concatenate([table.indptr, np.full(missing, table.indptr[-1], table.indptr.dtype)])
    return csr_array((table.data, table.indices, starts), shape=(size, table.shape[1]))
