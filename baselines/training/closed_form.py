"""A linear softmax classifier without gradients: Gaussian classes of one covariance. Su Jianlin, kexue.fm/archives/8578.

    moments = ClassMoments(classes=2)
    for vectors, labels in batches:                                 # any number of rows, one pass
        moments.add(vectors, labels)
    classifier = moments.solve()
    classifier.probabilities(vectors)                               # float64 (N, 2)

With class means m_i, shares p_i and the covariance S within classes (divisor N): w_i = m_i S^-1, b_i = ln p_i - w_i m_i / 2.
This is linear discriminant analysis, not the solution of maximum likelihood.
"""

import dataclasses

import numpy as np

from baselines.errors import InputError

NEVER = -1e4
"""Logit of a class without rows, as far from the others as float32 and its losses allow."""
AUTO = "auto"


@dataclasses.dataclass(frozen=True)
class LinearClassifier:
    """logits = vectors @ kernel + bias.

    Attributes:
        kernel: float64 (D, C).
        bias: float64 (C,).
        rank: Of the covariance within classes; below D, some directions have no spread.
        shrinkage: Share of the covariance that was replaced, from 0 to 1.
        absent: Classes without rows. They are never predicted.
    """

    kernel: np.ndarray
    bias: np.ndarray
    rank: int
    shrinkage: float
    absent: tuple[int, ...] = ()

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """float64 (N, C) of (N, D)."""
        return np.asarray(vectors, np.float64) @ self.kernel + self.bias

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """float64 (N, C), rows of sum 1."""
        logits = self.logits(vectors)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)


class ClassMoments:
    """Counts, sums and products of vectors by class. Memory does not depend on the number of rows.

    Sums are of vectors less the mean of the first batch: with a large common part, products of the vectors themselves would lose
    the digits in which they differ.
    """

    def __init__(self, classes: int):
        self.counts, self.classes = np.zeros(classes, np.int64), classes
        self.shift = self.sums = self.products = None

    def add(self, vectors: np.ndarray, labels: np.ndarray) -> None:
        """Adds rows: vectors float (N, D), labels int (N,). Raises InputError for numbers that are not finite."""
        vectors, labels = np.asarray(vectors, np.float64), np.asarray(labels)
        if not np.isfinite(vectors).all():
            raise InputError("closed form: a vector holds numbers that are not finite. Check the checkpoint, or use float32.")
        if self.shift is None:
            self.shift, size = vectors.mean(axis=0), vectors.shape[1]
            self.sums, self.products = np.zeros((self.classes, size)), np.zeros((size, size))
        vectors = vectors - self.shift
        self.counts += np.bincount(labels, minlength=self.classes)
        np.add.at(self.sums, labels, vectors)
        self.products += vectors.T @ vectors

    def solve(self, shrinkage: float | str = 0.0) -> LinearClassifier:
        """The LinearClassifier of all rows.

        Args:
            shrinkage: Share of the covariance within classes that is replaced by a multiple of the identity, as few rows need;
                "auto" estimates the best one from the rows.

        Raises:
            InputError: There are fewer than two classes, fewer rows than classes, or a singular covariance.
        """
        rows, present = int(self.counts.sum()), np.flatnonzero(self.counts)
        if len(present) < 2:
            raise InputError(f"closed form: the rows are of {len(present)} class. Give rows of two classes or more.")
        if rows < self.classes:
            raise InputError(f"closed form: {rows} rows are too few for {self.classes} classes. Give one of each class or more.")
        covariance, means = self._covariance(rows, present)
        rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
        if rank == 0:
            raise InputError("closed form: the vectors of each class are all the same, without any spread. Give more rows.")
        if shrinkage == AUTO:
            shrinkage = optimal_shrinkage(covariance, rows - len(present))
        size = len(covariance)
        if shrinkage == 0 and rank < size:
            raise InputError(f"closed form: the covariance of {rows} rows has rank {rank}, not {size}. Choose the shrinkage auto.")
        covariance = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / size * np.eye(size)
        means += self.shift
        kernel, bias = np.zeros((size, self.classes)), np.full(self.classes, NEVER)
        kernel[:, present] = solve_positive(covariance, means.T)
        bias[present] = np.log(self.counts[present] / rows) - 0.5 * np.sum(means.T * kernel[:, present], axis=0)
        absent = tuple(int(label) for label in np.flatnonzero(self.counts == 0))
        return LinearClassifier(kernel, bias, rank, float(shrinkage), absent)

    def _covariance(self, rows, present):
        """(float64 (D, D) within classes, divisor N; float64 (present, D), means less the shift)."""
        counts = self.counts[present, None]
        means = self.sums[present] / counts
        return (self.products - (counts * means).T @ means) / rows, means


def solve_positive(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """X of matrix @ X = right by Cholesky's factors, float64. Raises InputError unless the matrix is positive definite."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    try:
        return cho_solve(cho_factor(matrix, lower=True), right)
    except LinAlgError:
        raise InputError("closed form: the covariance is not positive definite. Choose the shrinkage auto.") from None


def optimal_shrinkage(covariance: np.ndarray, rows: int) -> float:
    """Oracle approximating shrinkage, from 0 to 1. Chen et al., 2010, arXiv:0907.4698, equation 23.

    Args:
        covariance: float64 (D, D).
        rows: Those that it was computed from, less the means that were.
    """
    size, trace, squares = len(covariance), np.trace(covariance), np.sum(covariance**2)
    above = (1 - 2 / size) * squares + trace**2
    below = (max(rows, 0) + 1 - 2 / size) * (squares - trace**2 / size)
    return float(min(1.0, above / below)) if below > 0 else 1.0
