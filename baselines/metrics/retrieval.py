"""Semantic search: recall at k and the mean reciprocal rank."""

from collections.abc import Mapping, Sequence

import numpy as np

BATCH_SIZE = 256
"""Queries scored at once."""


def retrieval_scores(
    vectors: np.ndarray, positives: Mapping[int, Sequence[int]], ks: Sequence[int] = (1, 5, 10)
) -> dict[str, float]:
    """{"mrr", "recall_1", …} of a corpus in which the text at each index of `positives` is a query.

    vectors     float (N, D) of length 1: the corpus; a query is never its own result
    positives   {index of a query: indices of the texts that mean the same, one at least}
    mrr         mean over queries of 1 / the rank of the first positive
    recall_k    mean over queries of the share of their positives among the first k; where there are more than k: of k

    Of equally near texts those of the corpus' earlier texts come first. Raises ValueError without queries.
    """
    if not positives:
        raise ValueError("retrieval_scores: there is nothing to score. Give at least one query.")
    queries = list(positives)
    reciprocal_ranks, recalls = [], {k: [] for k in ks}
    for start in range(0, len(queries), BATCH_SIZE):
        batch = queries[start : start + BATCH_SIZE]
        scores = vectors[batch] @ vectors.T
        scores[np.arange(len(batch)), batch] = -np.inf
        for query, row in zip(batch, scores, strict=True):
            ranks = np.sort([rank_of(row, index) for index in positives[query]])
            reciprocal_ranks.append(1 / ranks[0])
            for k in ks:
                recalls[k].append(np.sum(ranks <= k) / min(k, len(ranks)))
    return {"mrr": float(np.mean(reciprocal_ranks)), **{f"recall_{k}": float(np.mean(recalls[k])) for k in ks}}


def rank_of(scores: np.ndarray, index: int) -> int:
    """The rank of an index among scores (N,), from 1."""
    return 1 + int(np.sum(scores > scores[index]) + np.sum(scores[:index] == scores[index]))
