"""The arrays of a lexical index: of texts, or of what remains of an index and the texts that join it."""

from collections.abc import Callable, Iterable

import numpy as np
from scipy.sparse import csr_array

from baselines.retrieval.lexical_index.bm25 import LexicalIndex
from baselines.retrieval.lexical_index.postings import count, join
from baselines.retrieval.lexical_index.term_table import term_arrays
from baselines.retrieval.lexical_index.terms import terms_of


def lexical_arrays(
    texts: Iterable[str], old: LexicalIndex | None = None, retained: np.ndarray | None = None,
    report: Callable[[int], None] | None = None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Counts the terms of texts.

    Args:
        texts: Texts that are new.
        old: What the index had, or None.
        retained: int64, positions of `old` that remain, in order.
        report: Called with the number of new texts that are counted, or None.

    Returns:
        {name: array}, what a LexicalIndex reads.
    """
    numbers = {} if old is None else {term: number for number, term in enumerate(old.terms.texts())}
    kept = [] if old is None else [_retained(old, retained)]
    table = join([*kept, count(texts, numbers, terms_of, report)])
    return {
        **term_arrays(numbers), "postings_starts": table.indptr.astype(np.int64), "postings_texts": table.indices.astype(np.int32),
        "postings_counts": table.data, "text_lengths": table.sum(0, dtype=np.int64).astype(np.int32),
    }  # fmt: skip


def lexical_index(texts: Iterable[str]) -> LexicalIndex:
    """A LexicalIndex of texts in memory."""
    arrays = lexical_arrays(texts)
    return LexicalIndex(arrays, np.zeros(len(arrays["text_lengths"]), bool))


def _retained(old, positions):
    """The counts of the texts that remain, uint16 (terms, texts)."""
    table = csr_array((old.counts, old.texts, old.starts), shape=(len(old.terms), len(old.lengths)))
    return table if len(positions) == table.shape[1] else table[:, positions]
