"""Scales of the scores: worked numbers, and that equal scores stay equal."""

import math

import numpy as np
import pytest

from baselines.layers.attention import attend
from baselines.layers.attention_scale import log_factor, scale_query
from baselines.layers.multi_head_attention import MultiHeadAttention

pytestmark = pytest.mark.keras


def weights(query, key, mask=None, **options):
    """The attention weights of one head: the mean of unit vectors."""
    value = np.eye(key.shape[1], dtype="float32")[None, :, None]
    return np.asarray(attend(query, key, value, mask, **options)[0])[0, :, 0]


@pytest.mark.parametrize("alpha, expected", [(0.5, 0.307196), (1.0, 0.489457), (2.0, 0.469242)])
def test_gradient_of_a_scale_has_the_worked_size(alpha, expected):
    key = np.array([1, 0, -1], "float32").reshape(1, 3, 1, 1)
    p = weights(np.ones((1, 1, 1, 1), "float32"), key, scale=alpha)[0]
    assert alpha * (1 - (p**2).sum()) == pytest.approx(expected, abs=1e-6)
    jacobian = alpha * (np.diag(p) - np.outer(p, p))
    assert np.abs(jacobian).sum() / 2 == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "n, factor", [(64, 0.6667), (128, 0.7778), (256, 0.8889), (512, 1), (1024, 1.1111), (1, 4 / 9), (16, 4 / 9)]
)
def test_log_scale_counts_the_keys_in_sight(n, factor):
    mask = (np.arange(1200) < n)[None, None, None]
    assert float(np.asarray(log_factor(mask, 1200)).item()) == pytest.approx(factor, abs=5e-5)
    assert float(np.asarray(log_factor(None, n)).item()) == pytest.approx(factor, abs=5e-5)
    query = np.ones((1, 1, 1, 64), "float32")
    np.testing.assert_allclose(scale_query(query, "log", mask, 1200), query * factor / 8, rtol=1e-4)


def test_log_scale_is_of_each_query():
    causal = np.tril(np.ones((40, 40), bool))[None, None]
    factor = np.asarray(log_factor(causal, 40))
    assert factor.shape == (1, 40, 1, 1)
    expected = np.log(np.maximum(np.arange(1, 41), 16)) / math.log(512)
    np.testing.assert_allclose(factor[0, :, 0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("scale", ["sqrt", "none", "log", 2.5])
def test_equal_scores_give_equal_weights(scale):
    p = weights(np.ones((1, 2, 1, 4), "float32"), np.ones((1, 5, 1, 4), "float32"), scale=scale)
    np.testing.assert_allclose(p, 0.2, atol=1e-6)


@pytest.mark.parametrize("scale, factor", [("sqrt", 0.5), ("none", 1), (2.5, 1.25), (1, 0.5)])
def test_scores_are_scaled(scale, factor):
    query, key = (np.random.default_rng(seed).normal(size=(2, 3, 1, 4)).astype("float32") for seed in (0, 1))
    _, scores = attend(query, key, key, scale=scale)
    np.testing.assert_allclose(scores, factor * np.einsum("bqhd,bkhd->bhqk", query, key), atol=1e-5)


@pytest.mark.parametrize("options", [{"scale": "srqt"}, {"scale": 0}, {"scale": True}, {"talking_heads": "post"}, {"fused": "yes"}])
def test_unknown_options_are_refused(options):
    with pytest.raises(ValueError, match="Give one of"):
        MultiHeadAttention(2, 3, 6, **options)
