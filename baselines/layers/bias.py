"""A vector added to the last axis: the output bias of a tied projection."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="baselines")
class Bias(keras.layers.Layer):
    """x (..., N) -> x + bias (N,), zero at the start.

    rank   of the weight: 2 for (1, N), as BART stores it
    """

    def __init__(self, rank: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.rank = rank
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        self.bias = self.add_weight(shape=(1,) * (self.rank - 1) + (input_shape[-1],), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        return x + self.bias

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "rank": self.rank}
