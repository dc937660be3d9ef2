"""Vectors as they come, as an index keeps them: checked, and for cosine at length 1."""

import numpy as np

from baselines.errors import InputError, nearest
from baselines.retrieval.vector_index.format import METRICS


def prepared(vectors, metric, size=None, origin="vectors", first=0):
    """float32 (N, D), of length 1 for cosine. Raises InputError for NaN, zeros, another size; rows are counted from `first`."""
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or size is not None and vectors.shape[1] != size or not vectors.shape[1]:
        expected = "(N, D)" if size is None else f"(N, {size})"
        raise InputError(f"{origin}: expected vectors of shape {expected}. Received: {vectors.shape}. Are they another model's?")
    vectors = vectors.astype(np.float32)
    finite = np.isfinite(vectors).all(1)
    if not finite.all():
        row = first + int(np.argmin(finite))
        raise InputError(f"{origin}, row {row}: expected finite numbers. Received: NaN or infinity. Encode that text anew.")
    if metric != "cosine":
        return vectors
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not lengths.all():
        row = first + int(np.argmin(lengths[:, 0]))
        raise InputError(f"{origin}, row {row}: expected a direction. Received: zeros, which have no cosine. Or --metric ip.")
    return vectors / lengths


def check_metric(metric):
    if metric not in METRICS:
        raise InputError(f"--metric: expected one of {', '.join(METRICS)}. Received: {metric!r}. {nearest(str(metric), METRICS)}")
    return metric

