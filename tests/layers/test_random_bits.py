"""Hashed random numbers: those of a NumPy oracle, even, independent of place and seed; and the dropout made of them."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines.layers import random_bits
from baselines.layers.dropout import Dropout

pytestmark = pytest.mark.keras
COUNT = 2**18


def mixed(x):
    x = x ^ x >> np.uint32(16)
    x = x * np.uint32(0x7FEB352D)
    x = x ^ x >> np.uint32(15)
    x = x * np.uint32(0x846CA68B)
    return x ^ x >> np.uint32(16)


def oracle(count, seed):
    golden = np.full(1, 0x9E3779B9, np.uint32)
    zero, one = (np.full(1, number % 2**32, np.uint32) for number in seed)
    first = mixed(zero ^ mixed(one + golden))
    return mixed(mixed(np.arange(count, dtype=np.uint32) ^ first) ^ mixed(first + golden))


def bits(seed, shape=(COUNT,)):
    seed = ops.convert_to_tensor(np.array(seed, keras.random.SeedGenerator(0).state.dtype))
    return ops.convert_to_numpy(random_bits.bits(shape, seed))


def generator(*seed):
    made = keras.random.SeedGenerator(0)
    made.state.assign(seed)
    return made


@pytest.mark.parametrize("seed", [(0, 0), (42, 7), (2**32 - 1, 2**31)])
def test_bits_are_those_of_the_oracle_in_every_shape(seed):
    found = bits(seed, (3, 5, 7))
    assert found.dtype == np.uint32
    np.testing.assert_array_equal(found.ravel(), oracle(105, seed))


def test_the_mixer_maps_no_two_numbers_to_one():
    assert len(set(bits((3, 4)).tolist())) == COUNT


@pytest.mark.parametrize("seed", [(0, 0), (0, 1), (1, 0), (10**9, 123456)])
def test_bits_are_even_and_do_not_know_their_neighbours(seed):
    """All bounds are five standard deviations."""
    found = bits(seed)
    ones = np.unpackbits(found.view(np.uint8)).reshape(COUNT, 32).mean(0)
    assert np.abs(ones - 0.5).max() < 5 * 0.5 / COUNT**0.5
    counts = np.bincount(found >> 22, minlength=1024)
    assert ((counts - COUNT / 1024) ** 2 / (COUNT / 1024)).sum() < 1023 + 5 * (2 * 1023) ** 0.5
    numbers = found / 2**32 - 0.5
    for lag in (1, 2, 3, 64, 128, 768, 4096, 98304):
        assert abs(np.mean(numbers[lag:] * numbers[:-lag]) * 12) < 5 / (COUNT - lag) ** 0.5, lag


def test_neighbouring_seeds_have_nothing_in_common():
    seeds = [(a, b) for a in range(3) for b in range(3)]
    numbers = np.stack([bits(seed) for seed in seeds]) / 2**32
    correlation = np.corrcoef(numbers) - np.eye(len(seeds))
    assert np.abs(correlation).max() < 5 / COUNT**0.5
    assert len({bits(seed, (4096,)).max().item() for seed in seeds}) == len(seeds)          # no permutations of each other


def test_uniform_and_normal_have_their_moments():
    uniform = ops.convert_to_numpy(random_bits.uniform((COUNT,), generator(5, 6)))
    normal = ops.convert_to_numpy(random_bits.normal((COUNT,), generator(5, 6)))
    assert uniform.dtype == normal.dtype == np.float32
    assert uniform.min() >= 0 and uniform.max() < 1 and uniform.mean() == pytest.approx(0.5, abs=5 * 0.289 / COUNT**0.5)
    assert np.isfinite(normal).all() and np.abs(normal).max() > 4
    for power, expected, deviation in ((1, 0, 1), (2, 1, 2**0.5), (3, 0, 15**0.5), (4, 3, 96**0.5)):
        assert np.mean(normal**power) == pytest.approx(expected, abs=5 * deviation / COUNT**0.5), power


@pytest.mark.parametrize("size", [1, 8, 4097])
def test_a_mask_takes_both_halves_of_each_number(size):
    numbers = oracle((size + 1) // 2, (1, 2))
    expected = np.concatenate([numbers & 0xFFFF, numbers >> 16])[:size] >= round(0.3 * 2**16)
    if keras.backend.backend() != "torch":
        found = ops.convert_to_numpy(random_bits.keep_mask(size, generator(1, 2), 0.3))
        np.testing.assert_array_equal(found, expected)


def test_a_generator_moves_on_and_the_same_state_gives_the_same():
    made = generator(1, 2)
    first, second = (ops.convert_to_numpy(random_bits.keep_mask(4096, made, 0.5)) for _ in range(2))
    assert 0.4 < np.mean(first == second) < 0.6
    np.testing.assert_array_equal(first, ops.convert_to_numpy(random_bits.keep_mask(4096, generator(1, 2), 0.5)))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.999])
def test_dropout_keeps_the_mean_and_leaves_a_prediction_alone(rate):
    x = np.full((64, 4096), 2.0, "float32")
    layer = Dropout(rate, seed=3)
    found = ops.convert_to_numpy(layer(x, training=True))
    assert set(np.unique(found)) == {0, np.float32(2 * np.float32(1 / (1 - rate)))}
    assert np.mean(found == 0) == pytest.approx(rate, abs=5 * (rate * (1 - rate) / x.size) ** 0.5)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), x)
    np.testing.assert_array_equal(ops.convert_to_numpy(Dropout(0.0)(x, training=True)), x)


def test_dropout_of_half_precision_stays_so_and_survives_its_config():
    layer = Dropout.from_config(Dropout(0.25, dtype="bfloat16", name="d").get_config())
    found = layer(ops.ones((8, 8), "bfloat16"), training=True)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16" and layer.rate == 0.25 and layer.name == "d"


@pytest.mark.parametrize("drawn", [0.0, 1 - 2.0**-24])
def test_the_ends_of_the_interval_give_finite_normal_numbers(monkeypatch, drawn):
    """One entry in 2^24 is there: a table of embeddings has several million, and one infinite number is enough."""
    monkeypatch.setattr(random_bits, "uniform", lambda shape, generator: ops.full(shape, drawn, "float32"))
    (number,) = ops.convert_to_numpy(random_bits.normal((1,), generator(5, 6)))
    assert 5 < abs(number) < 5.5 and (number > 0) == (drawn > 0)
