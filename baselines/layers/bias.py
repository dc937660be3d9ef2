"""A trainable vector added to the last axis: the output bias of a tied projection."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="baselines")
class Bias(keras.layers.Layer):
    """x (..., N) -> x + bias (N,), zero at the start."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        return x + self.bias

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape
