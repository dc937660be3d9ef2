"""Word Rotator's Distance: a token's weight is the length of its vector, its way the angle. Yokoi et al., 2020, arXiv:2004.15003.

Lengths grow with how much a token says, directions tell what. A vector of zeros weighs nothing.
"""

import numpy as np

from baselines.errors import InputError
from baselines.retrieval.distances.token_vectors import check_pair, check_vectors
from baselines.retrieval.distances.transport import least_cost


def wrd(x: np.ndarray, y: np.ndarray) -> float:
    """The distance of token vectors x (m, d) and y (n, d), from 0 to 2.

    Raises InputError for no vectors, other shapes, NaN or infinity, and a text all of whose vectors are zero.
    """
    rotators, (x, y) = WordRotators(), check_pair(x, y)
    (p, x, _), (q, y, _) = rotators.of(x), rotators.of(y)
    return least_cost(p, q, rotators.costs(x, y))


def wrd_similarity(x: np.ndarray, y: np.ndarray) -> float:
    """1 - wrd, from -1 to 1."""
    return 1 - wrd(x, y)


def wrd_bound(x: np.ndarray, y: np.ndarray) -> float:
    """Half the squared distance of the two sums of vectors, each divided by the sum of their lengths: at most `wrd`. Su, 2020."""
    rotators, (x, y) = WordRotators(), check_pair(x, y)
    return float(rotators.bounds(rotators.of(x)[2], rotators.of(y)[2][None])[0])


class WordRotators:
    """WRD prepared for many texts, see WordMovers."""

    def of(self, vectors: np.ndarray) -> tuple:
        """(weights of sum 1, directions, the weighted mean of the directions)."""
        vectors = check_vectors(vectors)
        lengths = np.linalg.norm(vectors, axis=1)
        vectors, lengths = vectors[lengths > 0], lengths[lengths > 0]
        if not len(vectors):
            raise InputError("All token vectors are zero and have no direction. Use another model or text.")
        weights, directions = lengths / lengths.sum(), vectors / lengths[:, None]
        return weights, directions, weights @ directions

    def costs(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.clip(1 - x @ y.T, 0, 2)

    def bounds(self, mean: np.ndarray, means: np.ndarray) -> np.ndarray:
        return ((means - mean) ** 2).sum(1) / 2
