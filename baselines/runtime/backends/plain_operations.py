"""Operations of layers as formulas of keras.ops, for backends that derive and fuse the gradients themselves."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def dense(x: Any, kernel: Any, bias: Any = None, activation: Callable | None = None) -> Any:
    """activation(x @ kernel + bias).

    Args:
        x: float (..., D).
        kernel: float (D, U).
        bias: float (U,), or None for none.
        activation: A function of (..., U), or None for none.

    Returns:
        float (..., U).
    """
    y = ops.matmul(x, kernel)
    if bias is not None:
        y = ops.add(y, bias)
    return y if activation is None else activation(y)


def dropout(x: Any, kept: Any, rate: float) -> Any:
    """x / (1 - rate) where `kept` is True, else 0. kept: bool, as many as x has numbers."""
    return ops.where(ops.reshape(kept, ops.shape(x)), x * (1 / (1 - rate)), ops.zeros_like(x))


def gelu(x: Any) -> Any:
    """x Phi(x), Phi the normal distribution function, computed in float32 at least."""
    wide = keras.backend.result_type(x.dtype, "float32")
    return ops.cast(ops.gelu(ops.cast(x, wide), approximate=False), x.dtype)


def layer_norm(x: Any, gamma: Any, beta: Any, epsilon: float, zero_mean: bool = True) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis, computed in float32 at least.

    Args:
        x: float (..., D).
        gamma, beta: float (D,), or None for none.
        epsilon: Added to the variance.
        zero_mean: False leaves the mean: x / sqrt(mean(x^2) + epsilon).

    Returns:
        float32 or wider (..., D).
    """
    dtype = keras.backend.result_type(x.dtype, "float32")
    y = ops.cast(x, dtype)
    if zero_mean:
        y = y - ops.mean(y, axis=-1, keepdims=True)
    inverse = ops.rsqrt(ops.mean(ops.square(y), axis=-1, keepdims=True) + epsilon)
    y = y * (inverse if gamma is None else inverse * ops.cast(gamma, dtype))
    return y if beta is None else y + ops.cast(beta, dtype)
