"""Checks token vectors: a text is the vectors of its tokens without special ones."""

import numpy as np

from baselines.errors import InputError


def check_vectors(vectors: np.ndarray, name: str = "x") -> np.ndarray:
    """Token vectors as float64 (m, d). Raises InputError for no vectors, another shape, NaN or infinity."""
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or not len(vectors):
        raise InputError(f"{name}: expected token vectors of shape (tokens, size), but got {vectors.shape}. Give some tokens.")
    if not np.isfinite(vectors).all():
        raise InputError(f"{name}: its token vectors hold NaN or infinity. Use another model.")
    return vectors


def check_pair(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two texts' token vectors as float64. Raises InputError as `check_vectors`, and for different sizes."""
    x, y = check_vectors(x, "x"), check_vectors(y, "y")
    if x.shape[1] != y.shape[1]:
        raise InputError(f"Token vectors have different sizes, {x.shape[1]} and {y.shape[1]}. Use one model for both.")
    return x, y
