"""Divergences against sums over probabilities."""

import numpy as np
import pytest
from keras import ops

from baselines.losses.divergence import normal_divergence, sigmoid_divergence, softmax_divergence

pytestmark = pytest.mark.keras


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32") * 2


def test_softmax_divergence():
    first, second = numbers(0, 4, 5), numbers(1, 4, 5)
    p, q = (np.exp(each) / np.exp(each).sum(-1, keepdims=True) for each in (first, second))
    found = ops.convert_to_numpy(softmax_divergence(first, second))
    np.testing.assert_allclose(found, (p * np.log(p / q)).sum(-1), atol=1e-5)
    known = np.log(np.array([[0.5, 0.2, 0.3], [0.5, 0.3, 0.2]], "float32"))
    assert ops.convert_to_numpy(softmax_divergence(known, known[::-1])) == pytest.approx([0.0405465] * 2, abs=1e-6)


def test_sigmoid_divergence():
    first, second = numbers(0, 4, 5), numbers(1, 4, 5)
    p, q = (1 / (1 + np.exp(-each)) for each in (first, second))
    expected = (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))).sum(-1)
    np.testing.assert_allclose(ops.convert_to_numpy(sigmoid_divergence(first, second)), expected, atol=1e-5)


@pytest.mark.parametrize("divergence", [softmax_divergence, sigmoid_divergence])
def test_what_is_impossible_in_both_adds_nothing(divergence):
    first, second = numbers(0, 4, 5), numbers(1, 4, 5)
    hidden = np.full((4, 2), -1e9, "float32")
    found = divergence(*(np.concatenate([each, hidden], axis=1) for each in (first, second)))
    np.testing.assert_allclose(ops.convert_to_numpy(found), ops.convert_to_numpy(divergence(first, second)), atol=1e-6)


def test_normal_divergence():
    assert ops.convert_to_numpy(normal_divergence(np.array([0.5, 1.0]), np.array([0.0, 1.0]))) == pytest.approx([0.25, 0.0])
