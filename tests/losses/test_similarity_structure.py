"""The distance of two sets of vectors by their cosines: worked numbers, rotations, padding."""

import numpy as np
import pytest
from keras import ops

from baselines.losses.similarity_structure import similarity_structure

pytestmark = pytest.mark.keras
VECTORS = np.array([[1, 0], [0.8, 0.6], [0, 1], [-0.6, 0.8]], "float32")


def distance(vectors, others, weights=(1, 1, 1, 1)):
    return float(ops.convert_to_numpy(similarity_structure(vectors, others, np.array(weights, "float32"))))


def test_equal_vectors_differ_by_one_minus_each_cosine():
    """Cosines of VECTORS: .8 .0 -.6 .6 .0 .8, twice each, and four times 1."""
    squares = 2 * sum((1 - cosine) ** 2 for cosine in (0.8, 0, -0.6, 0.6, 0, 0.8))
    assert distance(VECTORS, np.ones((4, 3), "float32")) == pytest.approx(squares / 16, abs=1e-6)


def test_rotations_scales_and_further_columns_change_nothing():
    turned = VECTORS @ np.array([[0.6, 0.8], [-0.8, 0.6]], "float32") * np.array([[1], [2], [3], [4]], "float32")
    assert distance(VECTORS, np.concatenate([np.zeros((4, 3), "float32"), turned], axis=1)) == pytest.approx(0, abs=1e-6)


def test_padding_does_not_count():
    others = np.ones((4, 3), "float32")
    assert distance(VECTORS, others, (1, 1, 0, 0)) == pytest.approx(distance(VECTORS[:2], others[:2], (1, 1)), abs=1e-6)
    assert distance(VECTORS, others, (0, 0, 0, 0)) == 0
