"""bert4keras.backend: `keras` and `K`, masks, activations and losses. Each is a few lines over keras.ops and this library."""

from typing import Any

import numpy as np

from baselines.compat.bert4keras.formulas import (
    Sinusoidal,
    apply_rotary_position_embeddings,
    attention_normalize,
    multilabel_categorical_crossentropy,
    sinusoidal_embeddings,
    sparse_multilabel_categorical_crossentropy,
)  # fmt: skip
from baselines.compat.bert4keras.masking import align, dtype, sequence_masking
from baselines.compat.keras2 import installed
from baselines.compat.keras2.array_functions import tensor_of
from baselines.compat.keras2.notices import translated
from baselines.compat.keras2.recorded import recorded
from baselines.compat.keras2.searching import search_layer
from baselines.layers import activation as our_activations
from baselines.training import devices

keras = installed()
K = keras.backend
ops = keras.ops
is_tf_keras = 1
"""bert4keras knows two kinds of Keras; scripts that ask get the behavior of tf.keras."""
do_recompute = False
"""RECOMPUTE=1 of bert4keras: this library has `--recompute` instead."""


def get_available_gpus() -> list[str]:
    """Names of the GPUs."""
    return [name for name in devices.available() if "gpu" in name.lower() or "cuda" in name.lower()]


def gelu_erf(x: Any) -> Any:
    """The exact GELU."""
    return ops.gelu(x, approximate=False)


def gelu_tanh(x: Any) -> Any:
    """The GELU of Google's first BERT."""
    return our_activations.gelu_tanh(x)


def set_gelu(version: str) -> None:
    """Which GELU "gelu" means for models that are built afterwards: "erf" or "tanh"."""
    version = version.lower()
    if version not in ("erf", "tanh"):
        raise ValueError(f"set_gelu: unknown version {version!r}. Choose erf or tanh.")
    translated(f"set_gelu({version!r})", f"hidden_act gelu_{version} for models built from here on")
    _settings["gelu"] = f"gelu_{version}"
    keras.utils.get_custom_objects()["gelu"] = gelu_erf if version == "erf" else gelu_tanh


_settings = {"gelu": "gelu"}


def hidden_act(name: Any) -> Any:
    """The name in our configurations of an activation of bert4keras', or of a list of them, with what set_gelu chose."""
    if isinstance(name, list):
        return [hidden_act(each) for each in name]
    return _settings["gelu"] if name == "gelu" else name


@recorded
def piecewise_linear(t: Any, schedule: dict, from_zero: bool = True) -> Any:
    """A factor by the number of updates: {1000: 1, 2000: 0.1} rises to 1, falls to 0.1 and stays there."""
    points = sorted(schedule.items())
    if from_zero and points[0][0] != 0:
        points = [(0, 0.0), *points]
    steps, factors = zip(*points, strict=True)
    t = ops.cast(t, keras.config.floatx())
    result = ops.full_like(t, factors[0])
    for (begin, start), (end, stop) in zip(points, points[1:], strict=False):
        result = ops.where(t >= begin, start + (stop - start) * (t - begin) / (end - begin), result)
    return ops.where(t >= steps[-1], factors[-1], result)


def _dimensions(tensor):
    """The lengths of a tensor's axes, as integers where they are known."""
    return list(ops.shape(tensor))


@recorded
def reshape(tensor: Any, *args: Any) -> Any:
    """reshape(x, shape), or reshape(x, shape1, axis1, …) which replaces an axis by several."""
    tensor = tensor_of(tensor)
    if len(args) == 1:
        shape = args[0]
        return ops.reshape(tensor, tuple(shape) if isinstance(shape, (list, np.ndarray)) else shape)
    parts = [[length] for length in _dimensions(tensor)]
    for shape, axis in zip(args[::2], args[1::2], strict=True):
        shape, whole = list(shape), parts[axis][0]
        if -1 in shape:
            known = int(np.prod([length for length in shape if length != -1]))
            shape[shape.index(-1)] = whole // known
        parts[axis] = shape
    return ops.reshape(tensor, tuple(length for part in parts for length in part))


@recorded
def flatten(tensor: Any, start: int | None = None, end: int | None = None) -> Any:
    """The axes from start to end as one."""
    lengths = _dimensions(tensor)
    start, end = start or 0, end or len(lengths)
    start, end = start % len(lengths), (end - 1) % len(lengths) + 1
    whole = -1 if all(isinstance(length, int) for length in lengths[:start] + lengths[end:]) else _product(lengths[start:end])
    return ops.reshape(tensor, (*lengths[:start], whole, *lengths[end:]))


def _product(lengths):
    product = 1
    for length in lengths:
        product = product * length
    return product


@recorded
def where(cond: Any, x: Any, y: Any) -> Any:
    """x where the condition is not 0, else y; all are broadcast."""
    kinds = [kind for kind in (dtype(x), dtype(y)) if kind] or [keras.config.floatx()]
    x, y = (ops.convert_to_tensor(each, dtype=None if dtype(each) else kinds[0]) for each in (x, y))
    return ops.where(ops.cast(cond, "bool"), x, y)


@recorded
def batch_gather(params: Any, indices: Any) -> Any:
    """Entries along the last axis of `indices`, row by row."""
    indices = ops.cast(indices, "int32")
    axis = len(indices.shape) - 1
    extra = len(params.shape) - len(indices.shape)
    wide = ops.reshape(indices, (*ops.shape(indices), *[1] * extra))
    wide = ops.broadcast_to(wide, (*ops.shape(indices), *ops.shape(params)[axis + 1 :]))
    return ops.take_along_axis(params, wide, axis=axis)


def pool1d(
    x: Any, pool_size: int, strides: int = 1, padding: str = "valid", data_format: str | None = None, pool_mode: str = "max"
) -> Any:
    """Largest or mean vectors of windows of a sequence."""
    return K.pool2d(x[:, None], (1, pool_size), (1, strides), padding, data_format, pool_mode)[:, 0]


@recorded
def divisible_temporal_padding(x: Any, n: int) -> Any:
    """(B, L, D) with zeros behind, so that n divides its length."""
    rest = -ops.shape(x)[1] % n
    return K.temporal_padding(x, (0, rest))


@recorded
def root_mean_square(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Root of the mean of squares."""
    return ops.sqrt(ops.mean(ops.square(x), axis=axis, keepdims=keepdims))


def swish(x: Any) -> Any:
    """x sigmoid(x)."""
    return ops.silu(x)


def leaky_relu(x: Any, alpha: float = 0.2) -> Any:
    """x above 0, else alpha x."""
    return ops.leaky_relu(x, negative_slope=alpha)


def symbolic(function: Any) -> Any:
    """The function itself."""
    return function


def recompute_grad(call: Any) -> Any:
    """The function itself: this library recomputes by `--recompute`."""
    return call


def graph_mode_decorator(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Keras 3's `keras.ops.custom_gradient` takes the place of this helper."""
    return ops.custom_gradient(function)(*args, **kwargs)


PUBLIC_FORMULAS = (
    align, apply_rotary_position_embeddings, attention_normalize, search_layer, sequence_masking, sinusoidal_embeddings,
    sparse_multilabel_categorical_crossentropy,
)  # fmt: skip
"""What this module only hands on."""


def _bound():
    """Puts the functions where bert4keras puts them: on `keras.backend`, and among Keras' custom objects."""
    K.reshape, K.flatten, K.where = reshape, flatten, where
    custom_objects = {
        "gelu_erf": gelu_erf, "gelu_tanh": gelu_tanh, "gelu": gelu_erf, "root_mean_square": root_mean_square, "swish": swish,
        "leaky_relu": leaky_relu, "Sinusoidal": Sinusoidal, "initializer": keras.initializers.GlorotUniform,
        "multilabel_categorical_crossentropy": multilabel_categorical_crossentropy,
    }  # fmt: skip
    keras.utils.get_custom_objects().update(custom_objects)
    return custom_objects


custom_objects = _bound()
