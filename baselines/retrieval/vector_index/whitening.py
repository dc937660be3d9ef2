"""Whitening: rotates and scales vectors to unit covariance, and drops weak directions. Su et al., 2021, arXiv:2103.15316.

v -> (v - mean) @ matrix, where matrix = U sqrt(1 / Λ) of the covariance U Λ U^T, its first `size` columns.
"""

import dataclasses

import numpy as np

from baselines.errors import InputError

MIN_VARIANCE = 1e-7
"""Directions with a smaller share of the largest variance are rounding noise."""


@dataclasses.dataclass(frozen=True)
class Whitening:
    """mean float32 (D,), matrix float32 (D, size)."""

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """float32 (N, D) -> float32 (N, size)."""
        return (np.asarray(vectors, np.float32) - self.mean) @ self.matrix


def fit(vectors: np.ndarray, size: int) -> Whitening:
    """Fits a Whitening.

    Args:
        vectors: float (N, D).
        size: Dimensions of a whitened vector.

    Raises:
        InputError: `size` is out of range, or the vectors vary in fewer directions.
    """
    vectors = np.asarray(vectors, np.float64)
    if not 1 <= size <= vectors.shape[1]:
        raise InputError(f"--whitening: {size} is out of range. Choose 1 to {vectors.shape[1]}, the numbers of a vector.")
    mean = vectors.mean(0)
    variances, directions = np.linalg.eigh(np.cov(vectors - mean, rowvar=False, bias=True).reshape(len(mean), len(mean)))
    variances, directions = variances[::-1], directions[:, ::-1]        # largest first
    usable = int((variances > MIN_VARIANCE * max(variances[0], 1e-30)).sum())
    if usable < size:
        raise InputError(
            f"--whitening: these {len(vectors)} vectors vary in {usable} directions only, fewer than {size}. "
            "Give more texts, or a smaller number."
        )
    signs = np.sign(directions[np.abs(directions).argmax(0), np.arange(len(mean))])     # eigenvectors have none of their own
    matrix = directions[:, :size] * signs[:size] / np.sqrt(variances[:size])
    return Whitening(mean.astype(np.float32), matrix.astype(np.float32))
