"""Word Mover's Distance: how far the tokens of one text travel to become another's. Kusner et al., 2015.

Every token weighs the same, and the way between two is the Euclidean distance of their vectors. Su's article
(kexue.fm/archives/7388) takes the root of the mean over the vectors' size where the paper has the sum: `scaled=True`.
"""

import numpy as np
from scipy.spatial.distance import cdist

from baselines.retrieval.distances.token_vectors import check_pair, check_vectors
from baselines.retrieval.distances.transport import least_cost


def wmd(x: np.ndarray, y: np.ndarray, scaled: bool = False) -> float:
    """The distance of token vectors x (m, d) and y (n, d), at least 0. scaled: divided by the root of d.

    Raises InputError for no vectors, other shapes, NaN or infinity.
    """
    x, y = check_pair(x, y)
    return least_cost(None, None, cdist(x, y)) / (x.shape[1] ** 0.5 if scaled else 1)


def wmd_bound(x: np.ndarray, y: np.ndarray, scaled: bool = False) -> float:
    """The distance of the two means (word centroid distance), at most `wmd`."""
    x, y = check_pair(x, y)
    return float(np.linalg.norm(x.mean(0) - y.mean(0))) / (x.shape[1] ** 0.5 if scaled else 1)


class WordMovers:
    """WMD prepared for many texts: `of` keeps what each needs, `costs` and `bound` compare two of them."""

    def of(self, vectors: np.ndarray) -> tuple:
        """(weights or None where all are equal, points, what `bounds` compares)."""
        vectors = check_vectors(vectors)
        return None, vectors, vectors.mean(0)

    def costs(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return cdist(x, y)

    def bounds(self, mean: np.ndarray, means: np.ndarray) -> np.ndarray:
        """Lower bounds (N,) of the distances to texts with these means (N, d)."""
        return np.linalg.norm(means - mean, axis=1)
