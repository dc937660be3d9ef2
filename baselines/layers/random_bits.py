"""Random numbers as a hash of their index and a seed: stateless, cheap, and the same on every backend.

CPU compilers turn the ciphers behind TensorFlow's and JAX's random numbers into slow loops; this hash runs at the speed of the
arithmetic around it, and the backward pass recomputes it in place of storing it. Two rounds of the mixer lowbias32 (Wellons,
github.com/skeeto/hash-prospector), each with its own key, so that neighboring seeds give independent numbers. For training,
not cryptography. Within one call no 32-bit number occurs twice.

generator    a keras.random.SeedGenerator, advanced by one on each call

On torch, which lacks uint32 arithmetic, Keras' own random numbers are used.
"""

import functools
import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from baselines.runtime import backends

GOLDEN = 0x9E3779B9


def uniform(shape: Sequence[int], generator: keras.random.SeedGenerator) -> Any:
    """float32 of [0, 1), multiples of 2^-24."""
    if keras.backend.backend() == "torch":
        return keras.random.uniform(shape, seed=generator)
    return ops.cast(ops.bitwise_right_shift(bits(shape, generator.next()), unsigned(8)), "float32") * 2.0**-24


def normal(shape: Sequence[int], generator: keras.random.SeedGenerator) -> Any:
    """float32 of N(0, 1), between -5.5 and 5.5."""
    if keras.backend.backend() == "torch":
        return keras.random.normal(shape, seed=generator)
    # TensorFlow's erfinv adds 1 to its argument first, and 2 - 2^-24 is 2 in float32: infinite without the limit.
    centered = 2 * uniform(shape, generator) - (1 - 2.0**-24)
    return math.sqrt(2) * ops.erfinv(ops.clip(centered, 2.0**-23 - 1, 1 - 2.0**-23))


def keep_mask(size: Any, generator: keras.random.SeedGenerator, rate: float) -> Any:
    """bool (size,), each False with probability `rate` in [0, 1), a multiple of 2^-16."""
    if keras.backend.backend() == "torch":
        return keras.random.uniform((size,), seed=generator) >= rate
    return _traced_once(flat_mask)(size, generator.next(), unsigned(min(round(rate * 2**16), 2**16 - 1)))


def flat_mask(size: Any, seed: Any, threshold: Any) -> Any:
    """bool (size,), each False with probability threshold / 2^16: the lower halves of 32-bit numbers, then the upper ones."""
    half = (size + 1) // 2
    if keras.backend.backend() == "jax":                                # XLA fuses a mask, but no concatenation, with its reader
        indices = ops.arange(size, dtype="int32")
        numbers = bits_at(ops.where(indices < half, indices, indices - half), seed)
        return ops.where(indices < half, lower(numbers), upper(numbers)) >= threshold
    numbers = flat_bits(half, seed)
    return ops.concatenate([lower(numbers) >= threshold, upper(numbers) >= threshold])[:size]


def lower(numbers: Any) -> Any:
    return ops.bitwise_and(numbers, unsigned(2**16 - 1))


def upper(numbers: Any) -> Any:
    return ops.bitwise_right_shift(numbers, unsigned(16))


def bits(shape: Sequence[int], seed: Any) -> Any:
    """uint32, of at most 2^31 elements; sizes may be tensors. seed: integers (2,), of which the low 32 bits count."""
    size = math.prod(shape) if all(isinstance(number, int) for number in shape) else ops.prod(ops.stack(shape))
    return ops.reshape(_traced_once(flat_bits)(size, seed), shape)


@functools.cache
def _traced_once(function):
    return backends.current().traced_once(function)


def flat_bits(size: Any, seed: Any) -> Any:
    """uint32 (size,), see `bits`."""
    return bits_at(ops.arange(size, dtype="int32"), seed)


def bits_at(indices: Any, seed: Any) -> Any:
    """The numbers, uint32, that `flat_bits` has at some int32 indices."""
    first = mix_bits(ops.bitwise_xor(unsigned(seed[0]), mix_bits(unsigned(seed[1]) + unsigned(GOLDEN))))
    second = mix_bits(first + unsigned(GOLDEN))
    return mix_bits(ops.bitwise_xor(mix_bits(ops.bitwise_xor(ops.cast(indices, "uint32"), first)), second))


def mix_bits(x: Any) -> Any:
    """lowbias32: a bijection of uint32 in which every bit of the input changes half of the output's."""
    x = ops.bitwise_xor(x, ops.bitwise_right_shift(x, unsigned(16))) * unsigned(0x7FEB352D)
    x = ops.bitwise_xor(x, ops.bitwise_right_shift(x, unsigned(15))) * unsigned(0x846CA68B)
    return ops.bitwise_xor(x, ops.bitwise_right_shift(x, unsigned(16)))


def unsigned(number: int) -> Any:
    """The low 32 bits of an integer."""
    return ops.cast(number, "uint32")
