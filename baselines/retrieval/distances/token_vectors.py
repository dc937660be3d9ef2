"""What a text is for these distances: the vectors of its tokens, special ones left out."""

import numpy as np

from baselines.errors import InputError


def checked(vectors: np.ndarray, name: str = "x") -> np.ndarray:
    """Token vectors as float64 (m, d). Raises InputError for none, another shape, NaN or infinity."""
    vectors = np.asarray(vectors, np.float64)
    if vectors.ndim != 2 or not len(vectors):
        raise InputError(f"{name}: expected token vectors of shape (tokens, size), but got {vectors.shape}. Give some tokens.")
    if not np.isfinite(vectors).all():
        raise InputError(f"{name}: its token vectors hold NaN or infinity. Use another model.")
    return vectors


def checked_pair(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both checked, and of one size."""
    x, y = checked(x, "x"), checked(y, "y")
    if x.shape[1] != y.shape[1]:
        raise InputError(f"Token vectors have different sizes, {x.shape[1]} and {y.shape[1]}. Use one model for both.")
    return x, y
