"""Functions of arrays that Keras 2 had in `keras.backend`: shapes, indices and what `keras.ops` spells differently."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.keras2.recorded import recorded

SAME = {
    "abs": ops.abs, "all": ops.all, "any": ops.any, "clip": ops.clip, "cos": ops.cos, "cumprod": ops.cumprod, "cumsum": ops.cumsum,
    "elu": ops.elu, "equal": ops.equal, "exp": ops.exp, "expand_dims": ops.expand_dims, "greater": ops.greater,
    "greater_equal": ops.greater_equal, "hard_sigmoid": ops.hard_sigmoid, "identity": ops.copy, "less": ops.less,
    "less_equal": ops.less_equal, "log": ops.log, "logsumexp": ops.logsumexp, "max": ops.max, "maximum": ops.maximum,
    "mean": ops.mean, "min": ops.min, "minimum": ops.minimum, "not_equal": ops.not_equal, "ones_like": ops.ones_like,
    "permute_dimensions": ops.transpose, "pow": ops.power, "prod": ops.prod, "round": ops.round, "sigmoid": ops.sigmoid,
    "sign": ops.sign, "sin": ops.sin, "softmax": ops.softmax, "softplus": ops.softplus, "softsign": ops.softsign, "sqrt": ops.sqrt,
    "square": ops.square, "squeeze": ops.squeeze, "stack": ops.stack, "std": ops.std, "stop_gradient": ops.stop_gradient,
    "sum": ops.sum, "tanh": ops.tanh, "tile": ops.tile, "var": ops.var, "zeros_like": ops.zeros_like,
}  # fmt: skip
"""{Keras 2's name: the function of keras.ops that does the same, on symbolic tensors too}."""


def tensor_of(x: Any) -> Any:
    """A variable's value; anything else as it is."""
    return x.value if isinstance(x, keras.Variable) else x


def on_values(function: Callable) -> Callable:
    """A function that takes variables too."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if function is ops.prod and isinstance(args[0], np.ndarray):    # of a shape, which JAX needs as numbers
            return np.prod(*args, **kwargs)
        return function(*map(tensor_of, args), **kwargs)

    return call


@recorded
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str = "int32") -> Any:
    """start, start + step, … below stop."""
    return ops.cast(ops.arange(start, stop, step), dtype)


def argmax(x: Any, axis: int = -1) -> Any:
    """Index of the largest entry."""
    return ops.argmax(x, axis=axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """Index of the smallest entry."""
    return ops.argmin(x, axis=axis)


@recorded
def cast(x: Any, dtype: str) -> Any:
    """x in another dtype; booleans become 0 and 1."""
    return ops.cast(x, dtype)


def concatenate(tensors: Sequence, axis: int = -1) -> Any:
    """Tensors behind each other."""
    return ops.concatenate(list(tensors), axis=axis)


def constant(value: Any, dtype: str | None = None, shape: Sequence[int] | None = None, name: str | None = None) -> Any:
    """A tensor of given numbers."""
    array = np.asarray(value, dtype or keras.config.floatx())
    return ops.convert_to_tensor(array if shape is None else np.broadcast_to(array, shape))


@recorded
def dot(x: Any, y: Any) -> Any:
    """Sum over the last axis of x and the last but one of y."""
    return ops.dot(tensor_of(x), tensor_of(y))


@recorded
def batch_dot(x: Any, y: Any, axes: int | Sequence[int] | None = None) -> Any:
    """Sum over one axis of each, row by row of the batch. Keras 2's defaults: last axis of x, last but one of y."""
    if axes is None:
        axes = (x.ndim - 1, max(y.ndim - 2, 1))
    first, second = (axes, axes) if isinstance(axes, int) else axes
    first, second = first % len(x.shape), second % len(y.shape)
    left = "bcdefgh"[: len(x.shape)]
    right = "b" + "qrstuv"[: len(y.shape) - 1]
    right = right[:second] + left[first] + right[second + 1 :]
    out = left.replace(left[first], "") + right[1:].replace(left[first], "")
    result = ops.einsum(f"{left},{right}->{out}", x, y)
    return ops.expand_dims(result, -1) if len(out) == 1 else result


def dtype(x: Any) -> str:
    """The name of a tensor's dtype."""
    return keras.backend.standardize_dtype(x.dtype)


def eye(size: int, dtype: str | None = None, name: str | None = None) -> Any:
    """The identity matrix."""
    return ops.eye(size, dtype=dtype or keras.config.floatx())


@recorded
def gather(reference: Any, indices: Any) -> Any:
    """Rows of a table."""
    return ops.take(tensor_of(reference), ops.cast(indices, "int32"), axis=0)


def int_shape(x: Any) -> tuple:
    """The static shape, None where it is open."""
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(x.shape)


@recorded
def l2_normalize(x: Any, axis: int | None = None) -> Any:
    """x divided by its Euclidean length along an axis."""
    square = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(square, 1e-12))


def one_hot(indices: Any, num_classes: Any) -> Any:
    """A 1 at each index."""
    classes = num_classes if keras.ops.is_tensor(num_classes) else int(num_classes)
    return ops.one_hot(ops.cast(indices, "int32"), classes, dtype=keras.config.floatx())


@recorded
def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """x above the threshold, else alpha times what is missing to it."""
    return keras.activations.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


@recorded
def repeat(x: Any, n: int) -> Any:
    """(B, D) -> (B, n, D)."""
    return ops.repeat(x[:, None], n, axis=1)


@recorded
def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Each element `rep` times in a row along an axis."""
    return ops.repeat(x, rep, axis=axis)


@recorded
def reverse(x: Any, axes: int | Sequence[int]) -> Any:
    """x backwards along axes."""
    return ops.flip(x, axis=axes)


@recorded
def shape(x: Any) -> Any:
    """The shape as integers: a tensor on TensorFlow, where an axis may be open, and an array on JAX."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.shape(tensor_of(x))
    return np.array(x.shape)


def transpose(x: Any) -> Any:
    """All axes backwards."""
    return ops.transpose(tensor_of(x))


@recorded
def temporal_padding(x: Any, padding: Sequence = (1, 1)) -> Any:
    """(B, L, D) with zeros before and behind."""
    lengths = [[0, 0], list(padding), *[[0, 0]] * (len(x.shape) - 2)]
    if keras.backend.backend() == "tensorflow":                         # the numbers may be tensors
        import tensorflow as tf

        return tf.pad(x, lengths)
    return ops.pad(x, [[int(number) for number in pair] for pair in lengths])


@recorded
def pool2d(
    x: Any, pool_size: Any, strides: Any = (1, 1), padding: str = "valid", data_format: str | None = None, pool_mode: str = "max"
) -> Any:
    """Largest ("max") or mean ("avg") entry of windows."""
    pool = ops.max_pool if pool_mode == "max" else ops.average_pool
    return pool(x, pool_size, strides=strides, padding=padding, data_format=data_format)


@recorded
def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """x plus a vector on its last axis."""
    return x + tensor_of(bias)


def zeros(shape: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """A tensor of zeros."""
    return ops.zeros(tuple(shape) if isinstance(shape, np.ndarray) else shape, dtype or keras.config.floatx())


def ones(shape: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """A tensor of ones."""
    return ops.ones(tuple(shape) if isinstance(shape, np.ndarray) else shape, dtype or keras.config.floatx())


@recorded
def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two tensors, or of the results of two functions, by a condition."""
    then, other = (each() if callable(each) else each for each in (then_expression, else_expression))
    condition = ops.cast(condition, "bool")
    extra = max(len(then.shape) - len(condition.shape), 0) if len(condition.shape) else 0
    return ops.where(ops.reshape(condition, (*condition.shape, *[1] * extra)), then, other)


FUNCTIONS = (
    arange, argmax, argmin, cast, concatenate, constant, dot, batch_dot, dtype, eye, gather, int_shape, ndim, l2_normalize, one_hot,
    relu, repeat, repeat_elements, reverse, shape, transpose, temporal_padding, pool2d, bias_add, zeros, ones, switch,
)  # fmt: skip
