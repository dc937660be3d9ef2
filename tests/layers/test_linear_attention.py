"""linear_attend() against the quadratic loop that it saves."""

import numpy as np
import pytest

from baselines.layers.linear_attention import MultiHeadLinearAttention, linear_attend
from baselines.layers.rotary_position import RotaryPosition

pytestmark = pytest.mark.keras
B, L, H, K, V = 2, 5, 3, 4, 6
MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)[:, None, None]


def random(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def slow(query, key, value, mask=None, rotary=None):
    def phi(x):
        return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))

    def turn(x, position):
        if rotary is None:
            return x
        cos, sin = rotary[:, position]
        return x * cos + np.stack([-x[1::2], x[::2]], axis=-1).ravel() * sin

    mean = np.zeros((B, L, H, V))
    for b, q, h in np.ndindex(B, L, H):
        seen = [k for k in range(L) if mask is None or mask[b, 0, 0, k]]
        top = sum(turn(phi(query[b, q, h]), q) @ turn(phi(key[b, k, h]), k) * value[b, k, h] for k in seen)
        mean[b, q, h] = top / sum(phi(query[b, q, h]) @ phi(key[b, k, h]) for k in seen)
    return mean


@pytest.mark.parametrize("rotary", [False, True], ids=["plain", "rotary"])
@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "padding"])
def test_it_equals_the_slow_loop(mask, rotary):
    query, key, value = random(B, L, H, K), random(B, L, H, K, seed=1), random(B, L, H, V, seed=2)
    rotary = np.asarray(RotaryPosition(K)(query)) if rotary else None
    np.testing.assert_allclose(linear_attend(query, key, value, mask, rotary), slow(query, key, value, mask, rotary), atol=1e-5)


def test_order_of_keys_does_not_matter_and_equal_values_stay():
    query, key, value = random(B, L, H, K), random(B, L, H, K, seed=1), random(B, L, H, V, seed=2)
    order = [4, 2, 0, 1, 3]
    np.testing.assert_allclose(
        linear_attend(query, key, value), linear_attend(query, key[:, order], value[:, order]), atol=2e-6
    )
    np.testing.assert_allclose(linear_attend(query, key, np.ones_like(value), MASK), 1, atol=1e-5)


def test_its_weights_are_those_of_attention():
    layer = MultiHeadLinearAttention(3, 4, 12, key_size=6)
    layer.build((None, None, 12))
    assert [weight.path.split("/", 1)[1] for weight in layer.trainable_weights][:2] == ["query/kernel", "query/bias"]
    assert tuple(layer(random(B, L, 12), attention_mask=MASK).shape) == (B, L, 12)


def test_a_mask_that_differs_between_queries_is_refused():
    with pytest.raises(ValueError, match=r"has the shape \(1, 1, 5, 5\), but every query must see the same keys"):
        linear_attend(*[random(B, L, H, K)] * 3, np.tril(np.ones((L, L), bool))[None, None])


def test_a_row_without_keys_is_finite():
    x = random(B, L, H, K)
    assert np.isfinite(np.asarray(linear_attend(x, x, x, np.zeros((B, 1, 1, L), bool)))).all()
