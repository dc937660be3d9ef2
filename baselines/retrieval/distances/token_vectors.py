"""What a text is for these distances: the vectors of its tokens, special ones left out."""

import numpy as np

from baselines.errors import InputError


def checked(vectors, name="x"):
    """Token vectors as float64 (m, d). Raises InputError for none, another shape, NaN or infinity."""
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or not len(vectors):
        raise InputError(f"{name}: expected token vectors of shape (tokens, size), at least one. Received: shape {vectors.shape}.")
    if not np.isfinite(vectors).all():
        raise InputError(f"{name}: expected finite token vectors. Received: NaN or infinity among them.")
    return vectors


def checked_pair(x, y):
    """Both checked, and of one size."""
    x, y = checked(x, "x"), checked(y, "y")
    if x.shape[1] != y.shape[1]:
        raise InputError(f"x and y: expected token vectors of one size. Received: {x.shape[1]} and {y.shape[1]}.")
    return x, y
