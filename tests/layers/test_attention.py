"""attend() against the slow loop over queries and heads, and what attention must not do."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines.layers.attention import attend
from baselines.layers.multi_head_attention import MultiHeadAttention

pytestmark = pytest.mark.keras
B, L, H, K, V = 2, 5, 3, 4, 6


def random(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def softmax(x):
    x = np.exp(x - x.max())
    return x / x.sum()


def slow(query, key, value, mask=None, relative=None, previous=None):
    """One query of one head after the other, in float64."""
    mean = np.zeros((B, L, H, value.shape[-1]))
    for b, q, h in np.ndindex(B, L, H):
        keys = key[b, :, h].astype("float64") + (0 if relative is None else relative[q])
        values = value[b, :, h].astype("float64") + (0 if relative is None else relative[q])
        scores = keys @ query[b, q, h] / np.sqrt(query.shape[-1]) + (0 if previous is None else previous[b, h, q])
        visible = np.ones(L, bool) if mask is None else np.broadcast_to(mask, (B, H, L, L))[b, h, q]
        mean[b, q, h] = softmax(scores[visible]) @ values[visible]
    return mean


CAUSAL = np.tril(np.ones((L, L), bool))[None, None]


@pytest.mark.parametrize("mask", [None, CAUSAL], ids=["all", "causal"])
@pytest.mark.parametrize("previous", [None, random(B, H, L, L)], ids=["plain", "residual"])
def test_attend_equals_the_slow_loop(mask, previous):
    query, key, value = random(B, L, H, K), random(B, L, H, K, seed=1), random(B, L, H, V, seed=2)
    mean, scores = attend(query, key, value, mask, previous_scores=previous)
    np.testing.assert_allclose(mean, slow(query, key, value, mask, previous=previous), atol=2e-6)
    np.testing.assert_allclose(scores, np.einsum("bqhd,bkhd->bhqk", query, key) / 2, atol=2e-6)


def test_relative_positions_add_to_keys_and_values():
    query, key, value = random(B, L, H, K), random(B, L, H, K, seed=1), random(B, L, H, K, seed=2)
    relative = random(L, L, K)
    mean, _ = attend(query, key, value, CAUSAL, relative=relative)
    np.testing.assert_allclose(mean, slow(query, key, value, CAUSAL, relative=relative), atol=2e-6)


def test_masked_keys_have_weight_zero():
    value = random(B, L, H, V)
    value[:, 3:] = 1e30
    mask = (np.arange(L) < 3)[None, None, None]
    mean, _ = attend(random(B, L, H, K), random(B, L, H, K), value, mask)
    assert np.abs(mean).max() < 10


def test_order_of_keys_does_not_matter_without_positions():
    query, key, value = random(B, L, H, K), random(B, L, H, K, seed=1), random(B, L, H, V, seed=2)
    order = [4, 2, 0, 1, 3]
    np.testing.assert_allclose(
        attend(query, key, value)[0], attend(query, key[:, order], value[:, order])[0], atol=2e-6
    )


def test_parameters_are_bert_s_when_sizes_are_the_default():
    layer = MultiHeadAttention(12, 64, 768)
    layer.build((None, None, 768))
    assert layer.count_params() == 4 * 768**2 + 4 * 768                 # attention.md, section 5


def test_large_float16_scores_stay_finite():
    query = keras.ops.cast(30 * np.ones((1, 2, 1, 64)), "float16")      # 30 * 30 * 64 / 8 = 7200; unscaled 57600
    mean, _ = attend(query, query, query, np.array([[[[True, False]]]]))
    np.testing.assert_array_equal(mean, query)


def test_projecting_attending_and_merging_are_the_call():
    layer = MultiHeadAttention(2, 3, 8, key_size=5)
    x = random(B, L, 8)
    whole = layer(x, attention_mask=CAUSAL)
    query, key, value = layer.project(keras.ops.convert_to_tensor(x))
    last, _ = attend(query[:, -1:], key, value, CAUSAL[:, :, -1:])
    np.testing.assert_allclose(layer.merge(last)[:, 0], whole[:, -1], atol=1e-6)


def test_dropout_falls_on_the_weights_while_training_only():
    layer = MultiHeadAttention(2, 3, 8, dropout_rate=0.5)
    x = random(B, L, 8)
    np.testing.assert_array_equal(layer(x), layer(x, training=False))
    assert np.abs(layer(x, training=True) - layer(x)).max() > 1e-6


def test_squared_relu_divides_by_the_number_of_visible_keys():
    query = np.float32([[[[2.0]], [[-1.0]]]])                           # (1, 2, 1, 1): two queries, one head
    key, value = np.float32([[[[1.0]], [[3.0]], [[5.0]]]]), np.float32([[[[1.0]], [[10.0]], [[100.0]]]])
    mask = np.array([[[[True, True, False]]]])
    mean, _ = attend(query, key, value, mask, scale="none", normalization="squared_relu")
    np.testing.assert_allclose(ops.convert_to_numpy(mean)[0, :, 0, 0], [(2**2 * 1 + 6**2 * 10) / 2, 0])
