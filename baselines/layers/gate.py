"""A trained factor on a residual branch, zero at the start: ReZero (arXiv:2003.04887), SkipInit (arXiv:2002.10444)."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class Gate(keras.layers.Layer):
    """x -> gate x, where gate is a trained scalar, 0 at the start, so that the block begins as the identity."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        self.gate = self.add_weight(shape=(), initializer="zeros", name="gate")

    def call(self, x: Any) -> Any:
        return x * ops.cast(self.gate, x.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape
