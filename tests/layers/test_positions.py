"""Positions: trained, hierarchical, rotary and relative, against their formulas."""

import keras
import numpy as np
import pytest

from baselines.layers.position_embedding import PositionEmbedding
from baselines.layers.relative_position import RelativePosition
from baselines.layers.rotary_position import RotaryPosition, rotate
from baselines.layers.sinusoid import sinusoids

pytestmark = pytest.mark.keras


def numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_hierarchical_positions_keep_the_first_n_and_compose_the_rest():
    plain, hierarchical = PositionEmbedding(4), PositionEmbedding(4, hierarchical=0.4)
    zeros = np.zeros((1, 4, 3), "float32")
    plain(zeros), hierarchical(zeros)
    p = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    plain.embeddings.assign(p), hierarchical.embeddings.assign(p)
    np.testing.assert_array_equal(numpy(plain(zeros))[0], p)
    found = numpy(hierarchical(np.zeros((1, 16, 3), "float32")))[0]
    np.testing.assert_allclose(found[:4], p, atol=1e-6)
    u = (p - 0.4 * p[0]) / 0.6
    np.testing.assert_allclose(found[2 * 4 + 3], 0.4 * u[2] + 0.6 * u[3], atol=1e-6)


@pytest.mark.parametrize("hierarchical, limit", [(None, 4), (0.4, 16)])
def test_too_long_a_text_is_refused(hierarchical, limit):
    layer = PositionEmbedding(4, hierarchical=hierarchical)
    assert layer(np.zeros((1, limit, 3), "float32")).shape == (1, limit, 3)
    with pytest.raises(ValueError, match=f"has {limit + 1} tokens, but there are position embeddings for {limit}"):
        layer(np.zeros((1, limit + 1, 3), "float32"))


def test_sinusoids_worked():
    table = sinusoids(3, 4)
    np.testing.assert_allclose(table[0], [0, 1, 0, 1])
    np.testing.assert_allclose(table[2], [np.sin(2), np.cos(2), np.sin(0.02), np.cos(0.02)], rtol=1e-6)


def test_rotary_turns_pairs_by_their_angle():
    x = np.array([[[[1.0, 0.0, 0.0, 1.0]]] * 3], "float32")             # (1, 3, 1, 4)
    found = numpy(rotate(keras.ops.convert_to_tensor(x), RotaryPosition(4)(x)))[0, 2, 0]
    np.testing.assert_allclose(found, [np.cos(2), np.sin(2), -np.sin(0.02), np.cos(0.02)], atol=1e-6)


def test_rotary_products_depend_on_the_distance_only():
    q, k = np.random.default_rng(0).normal(size=(2, 8)).astype("float32")
    rotary = RotaryPosition(8)(np.zeros((1, 30, 1), "float32"))
    q, k = (numpy(rotate(keras.ops.convert_to_tensor(np.tile(v, (1, 30, 1, 1))), rotary))[0, :, 0] for v in (q, k))
    products = q @ k.T
    for distance in (-3, 0, 5):
        np.testing.assert_allclose(np.diagonal(products, distance), products[10, 10 + distance], atol=1e-5)


def test_relative_positions_are_clipped():
    found = numpy(RelativePosition(4, max_distance=2)(np.zeros((1, 6, 1), "float32")))
    table = sinusoids(5, 4)
    for query, key in np.ndindex(6, 6):
        np.testing.assert_array_equal(found[query, key], table[min(max(key - query, -2), 2) + 2])
