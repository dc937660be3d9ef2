"""Writes the lexical part of an index folder: for a new index, or for what remains of one and the texts that join it."""

from collections.abc import Callable, Iterable

import numpy as np
from scipy.sparse import csr_array

from baselines.retrieval.lexical_index.bm25 import LexicalIndex
from baselines.retrieval.lexical_index.postings import count, join
from baselines.retrieval.lexical_index.term_table import write_terms
from baselines.retrieval.lexical_index.terms import terms_of
from baselines.storage.array_folder import ArrayFolderWriter


def write_lexical(
    writer: ArrayFolderWriter, texts: Iterable[str], old: LexicalIndex | None = None, retained: np.ndarray | None = None,
    report: Callable[[int], None] | None = None,
) -> None:  # fmt: skip
    """Writes the arrays that a LexicalIndex reads.

    Args:
        writer: Writer of the index folder.
        texts: Texts that are new.
        old: What the index had, or None.
        retained: int64, positions of `old` that remain, in order.
        report: Called with the number of new texts that are counted, or None.
    """
    numbers = {} if old is None else {term: number for number, term in enumerate(old.terms.texts())}
    kept = [] if old is None else [_retained(old, retained)]
    table = join([*kept, count(texts, numbers, terms_of, report)])
    write_terms(writer, numbers)
    writer.array("postings_starts", table.indptr.astype(np.int64))
    writer.array("postings_texts", table.indices.astype(np.int32))
    writer.array("postings_counts", table.data)
    writer.array("text_lengths", table.sum(0, dtype=np.int64).astype(np.int32))


def _retained(old, positions):
    """The counts of the texts that remain, uint16 (terms, texts)."""
    table = csr_array((old.counts, old.texts, old.starts), shape=(len(old.terms), len(old.lengths)))
    return table if len(positions) == table.shape[1] else table[:, positions]
