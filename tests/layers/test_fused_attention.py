"""The fused operation equals the plain product, and is taken where the options allow it."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines.layers import fused_attention
from baselines.layers.attention import attend
from baselines.layers.multi_head_attention import MultiHeadAttention

pytestmark = pytest.mark.keras
B, L, H, K = 2, 6, 3, 8
PADDING = np.array([[1] * 4 + [0] * 2, [1] * 6], bool)[:, None, None]
CAUSAL = np.tril(np.ones((L, L), bool))[None, None]


def random(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


@pytest.mark.parametrize("scale", ["sqrt", "none", "log", 2.5])
@pytest.mark.parametrize("mask", [None, PADDING, CAUSAL, PADDING & CAUSAL], ids=["all", "padding", "causal", "both"])
def test_fused_equals_plain(mask, scale):
    query, key, value = (random(B, L, H, K, seed=seed) for seed in range(3))
    expected, _ = attend(query, key, value, mask, scale=scale)
    np.testing.assert_allclose(fused_attention.fused_attend(query, key, value, mask, scale), expected, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_row_that_sees_nothing_is_finite(dtype):
    mask = np.zeros((1, 1, L, L), bool)
    query, key, value = (ops.cast(random(B, L, H, K, seed=seed), dtype) for seed in range(3))
    uniform = random(B, L, H, K, seed=2).mean(axis=1, keepdims=True)
    plain = attend(query, key, value, mask)[0]
    for mean in (plain, fused_attention.fused_attend(query, key, value, mask)):
        found = ops.convert_to_numpy(ops.cast(mean, "float32"))
        np.testing.assert_allclose(found, np.broadcast_to(uniform, found.shape), atol=2e-2)


@pytest.fixture
def calls(monkeypatch):
    """The calls of the fused operation."""
    made, real = [], ops.dot_product_attention
    monkeypatch.setattr(ops, "dot_product_attention", lambda *args, **options: made.append(options) or real(*args, **options))
    return made


@pytest.mark.parametrize(
    "used, options, arguments",
    [
        (True, {}, {}),
        (True, {"dropout_rate": 0.1}, {}),
        (True, {"scale": "log"}, {}),
        (False, {"fused": False}, {}),
        (False, {"fused": "auto"}, {}),                                 # tests run on a CPU
        (False, {"dropout_rate": 0.1}, {"training": True}),
        (False, {"talking_heads": "pre"}, {}),
        (False, {"return_scores": True}, {}),
        (False, {"key_size": 6}, {}),
        (False, {}, {"relative": random(L, L, K)}),
        (False, {}, {"previous_scores": random(B, H, L, L)}),
    ],
)
def test_it_is_taken_where_nothing_asks_for_weights(calls, used, options, arguments):
    layer = MultiHeadAttention(H, K, 10, **{"fused": True, **options})
    layer(random(B, L, 10), attention_mask=PADDING, **arguments)
    assert len(calls) == used


@pytest.mark.parametrize("mask", [PADDING, CAUSAL], ids=["padding", "causal"])
def test_layers_agree_with_their_gradients(mask):
    plain, fused = (MultiHeadAttention(H, K, 10, initializer_range=0.3, fused=fused) for fused in (False, True))
    x, target = random(B, L, 10), random(B, L, 10, seed=1)
    plain.build((None, L, 10))
    before, after = plain.get_weights(), []
    for layer in (plain, fused):
        inputs = keras.Input((L, 10))
        model = keras.Model(inputs, layer(inputs, attention_mask=ops.convert_to_tensor(mask)))
        layer.set_weights(before)
        model.compile(keras.optimizers.SGD(1.0), loss="mse", jit_compile=keras.backend.backend() == "jax")
        model.train_on_batch(x, target)
        after.append(layer.get_weights())
    for one, other in zip(*after, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
