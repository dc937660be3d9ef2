"""The nearest vectors, exactly: all of them are compared, a block at a time, from the memory of their file."""

import numpy as np

BLOCK = 1 << 16


def search(queries, vectors, k, deleted=None):
    """(scores float32 (Q, k), places int64 (Q, k)) of the largest inner products, best first; -inf and -1 where there are fewer.

    queries   float32 (Q, D)        vectors   float32 or float16 (N, D)        deleted   bool (N,): left out, or None
    """
    import faiss

    scores, places = np.full((len(queries), k), -np.inf, np.float32), np.full((len(queries), k), -1, np.int64)
    for start in range(0, len(vectors), BLOCK):
        block, numbers = vectors[start : start + BLOCK], None
        if deleted is not None and deleted[start : start + BLOCK].any():
            numbers = np.flatnonzero(~deleted[start : start + BLOCK])
            block = block[numbers]
        if not len(block):
            continue
        found, where = faiss.knn(
            queries, np.ascontiguousarray(block, np.float32), min(k, len(block)), metric=faiss.METRIC_INNER_PRODUCT
        )
        where = start + (where if numbers is None else numbers[where])
        scores, places = merged(np.concatenate([scores, found], 1), np.concatenate([places, where], 1), k)
    return scores, places


def merged(scores, places, k):
    """The k best of each row, best first; of equal ones the smaller place."""
    order = np.lexsort((np.where(places < 0, np.iinfo(np.int64).max, places), -scores), axis=1)[:, :k]
    return np.take_along_axis(scores, order, 1), np.take_along_axis(places, order, 1)


def rescored(queries, vectors, candidates, k):
    """As `search`, among the places (Q, C) that something else found; -1 is none."""
    scores = np.full(candidates.shape, -np.inf, np.float32)
    for row, (query, some) in enumerate(zip(queries, candidates, strict=True)):
        real = some >= 0
        scores[row, real] = vectors[some[real]].astype(np.float32) @ query
    scores, places = merged(scores, candidates, k)
    missing = k - scores.shape[1]
    if missing > 0:
        scores = np.pad(scores, ((0, 0), (0, missing)), constant_values=-np.inf)
        places = np.pad(places, ((0, 0), (0, missing)), constant_values=-1)
    return scores, places
