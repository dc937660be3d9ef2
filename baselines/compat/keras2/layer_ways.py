"""Keras 2's ways in layers: `add_metric`, `add_loss(inputs=…)`, `get_output_at`, and `mask=None` where nothing is masked."""

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from baselines.compat.keras2.notices import translated
from baselines.errors import InputError

_original_spec = keras.layers.Lambda.compute_output_spec
_original = {name: getattr(keras.layers.Layer, name) for name in ("add_loss", "add_weight")}


def add_loss(self: keras.layers.Layer, loss: Any, inputs: Any = None) -> None:
    """As in Keras 3; `inputs` is not needed, and a loss of several numbers counts as their mean."""
    if inputs is not None:
        translated("add_loss(loss, inputs=…)", "add_loss(loss)")
    losses = [ops.mean(each) if len(each.shape) else each for each in keras.tree.flatten(loss)]
    _original["add_loss"](self, losses)


def add_metric(self: keras.layers.Layer, value: Any, name: str | None = None, aggregation: str | None = "mean") -> None:
    """Adds a number of each batch to the log, as its mean over the epoch.

    Raises:
        InputError: On JAX, whose compiled step returns weights and losses of layers, but no metrics.
    """
    if keras.backend.backend() == "jax":
        raise InputError(
            f"add_metric({name!r}): on JAX a layer cannot add to the log. Use compile(metrics=…), or KERAS_BACKEND=tensorflow."
        )
    translated("add_metric in a layer", "a keras.metrics.Mean of the layer")
    name = name or f"{self.name}_metric"
    metrics = {metric.name: metric for metric in self._metrics}
    if name not in metrics:
        self._tracker.unlock()
        try:
            metrics[name] = keras.metrics.Mean(name=name)
            self._metrics.append(metrics[name])
        finally:
            self._tracker.lock()
    metrics[name].update_state(value)


def add_weight(self: keras.layers.Layer, *args: Any, **options: Any) -> Any:
    """As in Keras 3; the first argument may be the name, as in Keras 2."""
    if args and isinstance(args[0], str):
        translated("add_weight(name, shape, …)", "add_weight(shape=…, name=…)")
        name, *rest = args
        options |= {"name": name} | dict(zip(("shape", "dtype", "initializer", "regularizer", "trainable"), rest, strict=False))
        args = ()
    return _original["add_weight"](self, *args, **options)


def get_output_at(self: keras.layers.Layer, node_index: int) -> Any:
    """The output of one of the layer's calls; -1 is the last one."""
    outputs = self._inbound_nodes[node_index].outputs
    return outputs[0] if len(outputs) == 1 else list(outputs)


def get_input_at(self: keras.layers.Layer, node_index: int) -> Any:
    """The input of one of the layer's calls; -1 is the last one."""
    inputs = self._inbound_nodes[node_index].input_tensors
    return inputs[0] if len(inputs) == 1 else list(inputs)


def output_mask(self: keras.layers.Layer) -> Any:
    """The mask that the layer's output carries, symbolic; None without one."""
    return getattr(self.output, "_keras_mask", None)


def lambda_output_spec(self: keras.layers.Lambda, *args: Any, **kwargs: Any) -> Any:
    """What the function returns, of its own dtype: Keras 3 takes every Lambda for one of floats."""
    if self._output_shape is not None:
        return _original_spec(self, *args, **kwargs)
    return keras.Operation.compute_output_spec(self, *args, **kwargs)


def merged_mask(self: keras.layers.Layer, inputs: Any, mask: Any = None) -> Any:
    """Where none of the masks of added or multiplied tensors is 0; those without a mask do not count, as in Keras 2."""
    present = [each for each in mask or [] if each is not None]
    return functools.reduce(ops.logical_and, present) if present else None


def without_empty_masks(call: Callable) -> Callable:
    """A `call(inputs, mask=None)` for which a list of masks is None, as in Keras 2, if all of them are."""

    @functools.wraps(call)
    def normalized(self: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        mask = kwargs.get("mask")
        if isinstance(mask, (list, tuple)) and all(each is None for each in mask):
            kwargs["mask"] = None
        return call(self, *args, **kwargs)

    return normalized


def prepare_subclass(cls: type, **options: Any) -> None:
    """Runs when a script defines a layer: see `without_empty_masks`."""
    call = cls.__dict__.get("call")
    if inspect.isfunction(call) and "mask" in inspect.signature(call).parameters:
        cls.call = without_empty_masks(call)


def install() -> None:
    """Adds these ways to `keras.layers.Layer`; that a Lambda drops a mask is no news, as in Keras 2."""
    warnings.filterwarnings("ignore", message=r"Layer '.*' \(of type Lambda\) was passed an input with a mask")
    layer = keras.layers.Layer
    for function in (add_loss, add_metric, add_weight, get_output_at, get_input_at):
        setattr(layer, function.__name__, function)
    layer.output_mask = property(output_mask)
    keras.layers.Add.__mro__[1].compute_mask = merged_mask              # of Add, Multiply, Average, …
    keras.layers.Lambda.compute_output_spec = lambda_output_spec
    layer.__init_subclass__ = classmethod(prepare_subclass)
