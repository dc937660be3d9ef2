"""Operations of layers for TensorFlow's own graphs: what plain_operations.py computes, in few operations.

Without XLA, TensorFlow fuses next to nothing: each operation of a formula and of its derivative is traced in Python, prepared, and
passes over memory. Gradients written here need half of them, and keep what the backward pass needs and no more.
"""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf


def dense(x: Any, kernel: Any, bias: Any = None, activation: Callable | None = None) -> Any:
    """activation(x @ kernel + bias), see plain_operations.py. As rows of one matrix, so that oneDNN adds the bias."""
    x, kernel = tf.convert_to_tensor(x), tf.convert_to_tensor(kernel)
    y = tf.matmul(_rows(x), kernel)
    if bias is not None:
        y = tf.nn.bias_add(y, bias)
    return _with_axes(y if activation is None else activation(y), x)


def dropout(x: Any, kept: Any, rate: float) -> Any:
    """x / (1 - rate) where `kept` is True, else 0, see plain_operations.py."""
    x = tf.convert_to_tensor(x)
    kept, factor = tf.reshape(kept, tf.shape(x)), tf.constant(1 / (1 - rate), x.dtype)

    def scaled(array):
        return tf.where(kept, array * factor, tf.zeros((), array.dtype))

    return tf.custom_gradient(lambda x: (scaled(x), scaled))(x)


@tf.custom_gradient
def gelu(x: Any) -> Any:
    """x Phi(x), Phi the normal distribution function, computed in float32 at least. Only the derivative is kept."""
    wide = tf.cast(x, _wide(x))
    scaled = -wide * math.sqrt(0.5)                                     # as tf.nn.gelu, which converters know by its operations
    erfc = tf.math.erfc(scaled)
    derivative = tf.cast(0.5 * erfc - scaled * tf.exp(-tf.square(scaled)) * (1 / math.sqrt(math.pi)), x.dtype)
    return tf.cast(0.5 * wide * erfc, x.dtype), lambda outer: outer * derivative


def layer_norm(x: Any, gamma: Any, beta: Any, epsilon: float, zero_mean: bool = True) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, see plain_operations.py."""
    x = tf.convert_to_tensor(x)
    size, wide = x.shape[-1], _wide(x)
    gamma = tf.ones((size,), wide) if gamma is None else tf.cast(gamma, wide)
    beta = tf.zeros((size,), wide) if beta is None else tf.cast(beta, wide)

    @tf.custom_gradient
    def normalized(x, gamma, beta):
        y = tf.cast(x, wide)
        if zero_mean:
            y = y - tf.reduce_mean(y, axis=-1, keepdims=True)
        inverse = tf.math.rsqrt(tf.reduce_mean(tf.square(y), axis=-1, keepdims=True) + epsilon)
        y = y * inverse

        def gradient(outer):
            product, column = outer * y, tf.reshape(gamma / size, (size, 1))
            inner = outer * gamma - y * tf.matmul(product, column)
            if zero_mean:
                inner = inner - tf.matmul(outer, column)
            return tf.cast(inner * inverse, x.dtype), _sum_of_rows(product), _sum_of_rows(outer)

        return y * gamma + beta, gradient

    return _with_axes(normalized(_rows(x), gamma, beta), x)


def _sum_of_rows(x):
    """(N, D) -> (D,), the quickest way."""
    return tf.raw_ops.BiasAddGrad(out_backprop=x)


def _rows(x):
    """x (..., D) as (N, D)."""
    return x if x.shape.rank == 2 else tf.reshape(x, (-1, x.shape[-1]))


def _with_axes(rows, x):
    """Rows (N, U) with the leading axes of x (..., D): (..., U)."""
    if x.shape.rank == 2:
        return rows
    axes, shape, size = x.shape.rank - 1, tf.shape(x), rows.shape[-1]
    if size != x.shape[-1]:
        shape = shape * ([1] * axes + [0]) + ([0] * axes + [size])      # a slice of it would take three operations more
    y = tf.reshape(rows, shape)
    y.set_shape((*x.shape[:-1], size))
    return y


def _wide(x):
    return tf.float32 if x.dtype in (tf.bfloat16, tf.float16) else x.dtype
