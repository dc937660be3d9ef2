"""Loss, and layers that join and cut: Concatenate1D, BatchSplit, BatchConcat, GlobalMaxPooling1D with masks."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.bert4keras.layer_parts import Layer


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class Loss(Layer):
    """Passes its inputs on, and adds what a subclass's `compute_loss(inputs, mask)` returns to the model's losses.

    output_axis   which of its inputs it returns: a number, several, or None for all
    """

    def __init__(self, output_axis: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.output_axis = output_axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        self.add_loss(self.compute_loss(inputs, mask))
        return self._chosen(inputs)

    def compute_loss(self, inputs: Any, mask: Any = None) -> Any:
        """The loss of a batch, of a subclass's own."""
        raise NotImplementedError

    def _chosen(self, values):
        if self.output_axis is None or values is None:
            return values
        return [values[axis] for axis in self.output_axis] if isinstance(self.output_axis, list) else values[self.output_axis]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self._chosen(input_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self._chosen(mask)

    def get_config(self) -> dict:
        return {**super().get_config(), "output_axis": self.output_axis}


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class Concatenate1D(Layer):
    """Sequences (B, L, D) behind each other; those without a mask count as unmasked."""

    def call(self, inputs: Any) -> Any:
        return ops.concatenate(inputs, axis=1)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None or all(each is None for each in mask):
            return None
        masks = [ops.ones(ops.shape(x)[:2], "bool") if each is None else each for x, each in zip(inputs, mask, strict=True)]
        return ops.concatenate(masks, axis=1)


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class BatchSplit(Layer):
    """The rows of each input in parts: all parts of the first input, then those of the next.

    parts   their number, or their sizes relative to each other
    """

    def __init__(self, parts: int | Sequence[float], **kwargs: Any):
        super().__init__(**kwargs)
        self.parts = parts
        self.supports_masking = False

    def call(self, inputs: Any) -> Any:
        shares = np.ones(self.parts) if isinstance(self.parts, int) else np.asarray(self.parts, "float64")
        ends = np.cumsum(shares) / shares.sum()
        return [piece for x in (inputs if isinstance(inputs, (list, tuple)) else [inputs]) for piece in _pieces(x, ends)]

    def compute_output_spec(self, inputs: Any) -> list:
        count = self.parts if isinstance(self.parts, int) else len(self.parts)
        inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        return [keras.KerasTensor((None, *x.shape[1:]), x.dtype) for x in inputs for _ in range(count)]

    def get_config(self) -> dict:
        return {**super().get_config(), "parts": self.parts}


def _pieces(x, ends):
    rows = ops.shape(x)[0]
    places = [0, *(_place(rows, end) for end in ends[:-1]), rows]
    return [x[start:stop] for start, stop in zip(places, places[1:], strict=False)]


def _place(rows, share):
    if isinstance(rows, int):
        return int(np.ceil(rows * share - 1e-9))
    return ops.cast(ops.ceil(ops.cast(rows, "float32") * share - 1e-4), "int32")


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class BatchConcat(Layer):
    """Parts of a batch as one again."""

    def call(self, inputs: Any) -> Any:
        return ops.concatenate(inputs, axis=0)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return ops.concatenate(mask, axis=0) if mask and all(each is not None for each in mask) else None


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class GlobalMaxPooling1D(keras.layers.GlobalMaxPooling1D):
    """The largest of each column, of unmasked positions."""

    def __init__(self, data_format: str = "channels_last", **kwargs: Any):
        super().__init__(data_format, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        axis = 1 if self.data_format == "channels_last" else 2
        if mask is not None:
            mask = mask[..., None] if axis == 1 else mask[:, None]
            inputs = ops.where(ops.cast(mask, "bool"), inputs, -np.inf)
        return ops.max(inputs, axis=axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None
