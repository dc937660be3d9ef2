"""Mixed heads: the identity is plain attention, a permutation permutes, masked keys stay out of sight."""

import keras
import numpy as np
import pytest

from baselines.layers.attention import attend
from baselines.layers.multi_head_attention import MultiHeadAttention
from baselines.layers.talking_heads import TalkingHeads

pytestmark = pytest.mark.keras
MASK = (np.arange(5) < 4)[None, None, None]


def random(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def layer(talking_heads, **options):
    """Three heads, with weights that depend on nothing else."""
    keras.utils.set_random_seed(1)
    made = MultiHeadAttention(3, 4, 12, initializer_range=0.5, talking_heads=talking_heads, **options)
    made.build((None, None, 12))
    return made


@pytest.mark.parametrize("talking_heads, count", [("pre", 1), ("pre_post", 2)])
def test_it_begins_as_plain_attention(talking_heads, count):
    plain, mixed = layer("none"), layer(talking_heads)
    assert mixed.count_params() - plain.count_params() == count * 9
    mixed.set_weights(plain.get_weights() + [np.eye(3)] * count)
    x = random(2, 5, 12)
    np.testing.assert_allclose(mixed(x, attention_mask=MASK), plain(x, attention_mask=MASK), atol=1e-6)


def test_a_permutation_permutes_the_heads():
    mix, order = TalkingHeads(), [2, 0, 1]
    mix.build((None, 3, None, None))
    mix.matrix.assign(np.eye(3)[order])
    query, key, value = random(2, 5, 3, 4), random(2, 5, 3, 4, seed=1), random(2, 5, 1, 5, seed=2)
    value = np.repeat(value, 3, axis=2)                                 # alike in all heads, so that only weights differ
    plain, _ = attend(query, key, value, MASK)
    for options in ({"mix_scores": mix}, {"mix_weights": mix}):
        mixed, _ = attend(query, key, value, MASK, **options)
        np.testing.assert_allclose(mixed, np.asarray(plain)[:, :, order], atol=1e-6)


def test_masked_keys_stay_out_of_sight():
    mixed = layer("pre_post")
    for mix in (mixed.mix_scores, mixed.mix_weights):
        mix.matrix.assign(random(3, 3))
    x = random(2, 5, 12)
    changed = x.copy()
    changed[:, 4] += 7
    before, after = (np.asarray(mixed(rows, attention_mask=MASK)) for rows in (x, changed))
    np.testing.assert_allclose(after[:, :4], before[:, :4], atol=1e-6)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_the_matrix_is_float32_in_half_precision(dtype):
    mixed = layer("pre_post", dtype=dtype)
    assert mixed.mix_scores.matrix.dtype == mixed.mix_weights.matrix.dtype == "float32"
    assert keras.backend.standardize_dtype(mixed(random(2, 5, 12)).dtype) == dtype.removeprefix("mixed_")
