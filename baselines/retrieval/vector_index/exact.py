"""Exact search: compares all vectors, one memory-mapped block at a time."""

import numpy as np

BLOCK = 1 << 16


def search(queries: np.ndarray, vectors: np.ndarray, k: int, deleted: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(scores float32 (Q, k), places int64 (Q, k)) of the largest inner products, best first; -inf and -1 where there are fewer.

    queries   float32 (Q, D)        vectors   float32 or float16 (N, D)        deleted   bool (N,): left out, or None
    """
    import faiss

    scores, positions = np.full((len(queries), k), -np.inf, np.float32), np.full((len(queries), k), -1, np.int64)
    for start in range(0, len(vectors), BLOCK):
        block, numbers = vectors[start : start + BLOCK], None
        if deleted is not None and deleted[start : start + BLOCK].any():
            numbers = np.flatnonzero(~deleted[start : start + BLOCK])
            block = block[numbers]
        if not len(block):
            continue
        block_scores, block_positions = faiss.knn(
            queries, np.ascontiguousarray(block, np.float32), min(k, len(block)), metric=faiss.METRIC_INNER_PRODUCT
        )
        block_positions = start + (block_positions if numbers is None else numbers[block_positions])
        scores, block_positions = np.concatenate([scores, block_scores], 1), np.concatenate([positions, block_positions], 1)
        scores, positions = merge_top_k(scores, block_positions, k)
    return scores, positions


def merge_top_k(scores: np.ndarray, positions: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k best of each row, best first; of equal ones the smaller place."""
    order = np.lexsort((np.where(positions < 0, np.iinfo(np.int64).max, positions), -scores), axis=1)[:, :k]
    return np.take_along_axis(scores, order, 1), np.take_along_axis(positions, order, 1)


def rescore(queries: np.ndarray, vectors: np.ndarray, candidates: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """As `search`, restricted to candidates (Q, C), row numbers of the index; -1 marks an empty slot."""
    scores = np.full(candidates.shape, -np.inf, np.float32)
    for row, (query, row_positions) in enumerate(zip(queries, candidates, strict=True)):
        real = row_positions >= 0
        scores[row, real] = vectors[row_positions[real]].astype(np.float32) @ query
    scores, positions = merge_top_k(scores, candidates, k)
    missing = k - scores.shape[1]
    if missing > 0:
        scores = np.pad(scores, ((0, 0), (0, missing)), constant_values=-np.inf)
        positions = np.pad(positions, ((0, 0), (0, missing)), constant_values=-1)
    return scores, positions
