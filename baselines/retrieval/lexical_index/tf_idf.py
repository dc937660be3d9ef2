"""Cosines of TF-IDF vectors of characters and pairs of neighboring characters: what a model of texts must at least beat."""

import collections
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array


class TfIdf:
    """TF-IDF vectors of length 1. The document frequencies are those of the texts that it is made of.

    Args:
        texts: The corpus.
    """

    def __init__(self, texts: Sequence[str]):
        self._numbers = {}
        for text in texts:
            for piece in pieces_of(text):
                self._numbers.setdefault(piece, len(self._numbers))
        counts = self._counts(texts)
        having = np.bincount(counts.indices, minlength=len(self._numbers))
        self._idf = np.log((1 + len(texts)) / (1 + having)) + 1

    def vectors(self, texts: Sequence[str]) -> csr_array:
        """float64 (N, pieces). Pieces that the corpus lacks are left out, so a vector may be zero."""
        table = self._counts(texts)
        table = csr_array((table.data * self._idf[table.indices], table.indices, table.indptr), table.shape)
        lengths = np.sqrt(np.asarray((table * table).sum(axis=1)).ravel())
        table.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(table.indptr))
        return table

    def _counts(self, texts):
        indices, data, starts = [], [], [0]
        for text in texts:
            counts = collections.Counter(piece for piece in pieces_of(text) if piece in self._numbers)
            indices += [self._numbers[piece] for piece in counts]
            data += counts.values()
            starts.append(len(indices))
        return csr_array((np.array(data, float), np.array(indices, np.int64), starts), (len(starts) - 1, len(self._numbers)))


def pieces_of(text: str) -> list[str]:
    """The characters of a text and its pairs of neighboring characters."""
    return [*text, *map("".join, zip(text, text[1:], strict=False))]
