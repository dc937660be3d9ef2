"""Losses and random numbers that Keras 2 had in `keras.backend`."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from baselines.compat.keras2.notices import refused
from baselines.compat.keras2.recorded import recorded


@recorded
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """-log of the probability of each target, 0 or 1; as in Keras 2, epsilon is also added to probabilities."""
    target, epsilon = ops.cast(target, output.dtype), keras.config.epsilon()
    if from_logits:
        return ops.binary_crossentropy(target, output, from_logits=True)
    output = ops.clip(output, epsilon, 1 - epsilon)
    return -target * ops.log(output + epsilon) - (1 - target) * ops.log(1 - output + epsilon)


@recorded
def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-log of the probability of the class that is 1."""
    return ops.categorical_crossentropy(ops.cast(target, output.dtype), output, from_logits=from_logits, axis=axis)


@recorded
def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """-log of the probability of the class with this number, of any shape (…) or (…, 1)."""
    if len(target.shape) == len(output.shape):
        target = ops.squeeze(target, -1)
    return ops.sparse_categorical_crossentropy(ops.cast(target, "int32"), output, from_logits=from_logits, axis=axis)


@recorded
def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Whether each target is among the k best."""
    return ops.in_top_k(ops.cast(targets, "int32"), predictions, k)


def _checked(name: str) -> None:
    """Random numbers in a compiled function of JAX need a generator that the model tracks: without it they never change."""
    import keras.src.backend as private

    if keras.backend.backend() == "jax" and private.in_stateless_scope():
        advice = "Use a keras.random.SeedGenerator in the layer's __init__, or KERAS_BACKEND=tensorflow."
        raise refused(f"K.{name} in a compiled step of JAX, where it would repeat the same numbers,", advice)


def random_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: int | None = None
) -> Any:
    """Normally distributed numbers."""
    _checked("random_normal")
    return keras.random.normal(shape, mean, stddev, dtype=dtype, seed=seed)


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: int | None = None
) -> Any:
    """Normally distributed numbers, none further than two deviations away."""
    _checked("truncated_normal")
    return keras.random.truncated_normal(shape, mean, stddev, dtype=dtype, seed=seed)


def random_uniform(
    shape: Sequence[int], minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: int | None = None
) -> Any:
    """Uniformly distributed numbers."""
    _checked("random_uniform")
    return keras.random.uniform(shape, minval, maxval, dtype=dtype, seed=seed)


def random_binomial(shape: Sequence[int], p: float = 0.0, dtype: str | None = None, seed: int | None = None) -> Any:
    """1 with probability p, else 0."""
    return ops.cast(random_uniform(shape, seed=seed) < p, dtype or keras.config.floatx())


@recorded
def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Any:
    """x with a share of its entries set to 0, and the others enlarged."""
    _checked("dropout")
    return keras.random.dropout(x, level, noise_shape, seed)


FUNCTIONS = {
    "binary_crossentropy": binary_crossentropy, "categorical_crossentropy": categorical_crossentropy, "dropout": dropout,
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy, "in_top_k": in_top_k, "random_normal": random_normal,
    "truncated_normal": truncated_normal, "random_uniform": random_uniform,
    "random_binomial": random_binomial, "random_bernoulli": random_binomial,
}  # fmt: skip
