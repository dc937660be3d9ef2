"""Are the texts that mean the same found among all? Recall at k and the mean reciprocal rank."""

from collections.abc import Mapping, Sequence

import numpy as np

BLOCK = 256
"""Queries that are scored together."""


def retrieval_scores(
    vectors: np.ndarray, positives: Mapping[int, Sequence[int]], ks: Sequence[int] = (1, 5, 10)
) -> dict[str, float]:
    """{"mrr", "recall_1", …} of a corpus in which the text at each place of `positives` is a query.

    vectors     float (N, D) of length 1: the corpus; a query is never its own result
    positives   {place of a query: places of the texts that mean the same, one at least}
    mrr         mean over queries of 1 / the rank of the first positive
    recall_k    mean over queries of the share of their positives among the first k; where there are more than k: of k

    Of equally near texts those of the corpus' earlier places come first. Raises ValueError without queries.
    """
    if not positives:
        raise ValueError("retrieval_scores: expected at least one query. Received: none")
    queries = list(positives)
    first, found = [], {k: [] for k in ks}
    for start in range(0, len(queries), BLOCK):
        some = queries[start : start + BLOCK]
        scores = vectors[some] @ vectors.T
        scores[np.arange(len(some)), some] = -np.inf
        for query, row in zip(some, scores, strict=True):
            ranks = np.sort([rank_of(row, place) for place in positives[query]])
            first.append(1 / ranks[0])
            for k in ks:
                found[k].append(np.sum(ranks <= k) / min(k, len(ranks)))
    return {"mrr": float(np.mean(first)), **{f"recall_{k}": float(np.mean(found[k])) for k in ks}}


def rank_of(scores: np.ndarray, place: int) -> int:
    """The rank of a place among scores (N,), from 1."""
    return 1 + int(np.sum(scores > scores[place]) + np.sum(scores[:place] == scores[place]))
