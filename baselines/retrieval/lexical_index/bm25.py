"""BM25 (Robertson and Zaragoza, 2009, doi:10.1561/1500000019), as Lucene computes it.

    score = Σ over the query's terms of  log(1 + (N - n + 0.5) / (n + 0.5)) · f / (f + k1 · (1 - b + b · length / mean length))

N is the number of texts, n that of texts with the term, f how often the text has it. The idf is never negative.
"""

from collections.abc import Sequence

import numpy as np

from baselines.retrieval.lexical_index.term_table import TermTable

K1, B = 1.5, 0.75


class LexicalIndex:
    """Counts of terms in the texts of an index, and the search in them.

    Args:
        arrays: What `lexical_arrays` (counting.py) returns, in memory or in files.
        deleted: bool (N,), texts that count as absent.

    Raises:
        ValueError: The arrays do not fit each other.
    """

    def __init__(self, arrays: dict[str, np.ndarray], deleted: np.ndarray):
        self.terms = TermTable(arrays)
        self.starts, self.texts, self.counts = (arrays[f"postings_{name}"] for name in ("starts", "texts", "counts"))
        self.lengths = arrays["text_lengths"]
        if not (len(self.starts) == len(self.terms) + 1 and len(self.texts) == len(self.counts) == int(self.starts[-1])):
            raise ValueError("postings that do not fit the terms")
        if len(self.lengths) != len(deleted):
            raise ValueError("lengths that do not fit the texts")
        self._deleted = deleted if deleted.any() else None
        self._size = len(deleted) - int(deleted.sum())
        alive = self.lengths if self._deleted is None else self.lengths[~deleted]
        mean = alive.mean(dtype=np.float64) if self._size else 0.0
        self._norms = (K1 * (1 - B + B * self.lengths / max(mean, 1e-9))).astype(np.float32)

    def search(self, terms: Sequence[str], k: int) -> tuple[np.ndarray, np.ndarray]:
        """Finds the texts with the highest score.

        Args:
            terms: Terms of the query; a repeated one counts as often.
            k: Number of texts to find.

        Returns:
            (scores float32 (K,), positions int64 (K,)), best first; of equal scores the earlier text. K is below k if fewer texts
            share a term with the query.
        """
        scores = self.scores(terms)
        found = np.flatnonzero(scores)
        if len(found) > k:
            least = np.partition(scores[found], len(found) - k)[len(found) - k]
            found = found[scores[found] >= least]
        order = found[np.argsort(-scores[found], kind="stable")][:k]
        return scores[order], order

    def scores(self, terms: Sequence[str]) -> np.ndarray:
        """float32 (N,): the score of each text; 0 where it shares no term with the query, or is deleted."""
        scores = np.zeros(len(self.lengths), np.float32)
        for term, weight in _repeated(terms).items():
            number = self.terms.number(term)
            if number is None:
                continue
            postings = slice(int(self.starts[number]), int(self.starts[number + 1]))
            texts, counts = self.texts[postings], self.counts[postings]
            if self._deleted is not None:
                alive = ~self._deleted[texts]
                texts, counts = texts[alive], counts[alive]
            idf = np.log1p((self._size - len(texts) + 0.5) / (len(texts) + 0.5))
            counts = counts.astype(np.float32)
            scores[texts] += np.float32(weight * idf) * counts / (counts + self._norms[texts])
        return scores


def _repeated(terms):
    """{term: how often}, in the order of the query: a sum in another order has other last bits."""
    counts = {}
    for term in terms:
        counts[term] = counts.get(term, 0) + 1
    return counts
