"""A trained scale and offset of each column: queries and keys of a gated attention unit. Hua et al., 2022, arXiv:2202.10447."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="baselines")
class ScaleOffset(keras.layers.Layer):
    """x (..., D) -> x * gamma + beta, which begin as 1 and 0; without `offset` no beta."""

    def __init__(self, offset: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.offset = offset
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        self.gamma = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gamma")
        if self.offset:
            self.beta = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="beta")

    def call(self, x: Any) -> Any:
        return x * self.gamma + self.beta if self.offset else x * self.gamma

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "offset": self.offset}
