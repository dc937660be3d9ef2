"""Vectors as they come, as an index keeps them: checked, and for cosine at length 1."""

import numpy as np

from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.vector_index.format import METRICS


def prepared(
    vectors: np.ndarray, metric: str, size: int | None = None, origin: str = "vectors", first: int = 0
) -> np.ndarray:
    """float32 (N, D), of length 1 for cosine. Raises InputError for NaN, zeros, another size; rows are counted from `first`."""
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or size is not None and vectors.shape[1] != size or not vectors.shape[1]:
        expected = "(N, D)" if size is None else f"(N, {size})"
        raise InputError(f"{origin}: expected vectors of shape {expected}, but got {vectors.shape}. Use the model of the index.")
    vectors = vectors.astype(np.float32)
    finite = np.isfinite(vectors).all(1)
    if not finite.all():
        row = first + int(np.argmin(finite))
        raise InputError(f"{origin}, row {row}: the vector holds NaN or infinity. Encode the texts again.")
    if metric != "cosine":
        return vectors
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        row = first + int(np.argmin(lengths[:, 0]))
        raise InputError(f"{origin}, row {row}: a vector of zeros has no cosine. Remove the text, or use --metric ip.")
    return vectors / lengths


def check_metric(metric: str) -> str:
    """Returns the name of a metric. Raises InputError for an unknown one."""
    if metric not in METRICS:
        raise InputError(f"--metric: there is no metric {excerpt(metric)!r}. {nearest(str(metric), METRICS)}")
    return metric

