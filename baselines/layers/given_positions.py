"""Positions that are an input of the model, in place of 0, 1, 2, …: bert4keras' custom_position_ids."""

from typing import Any

import keras
from keras import ops

from baselines.layers.position_embedding import PositionEmbedding
from baselines.layers.rotary_position import RotaryPosition


@keras.saving.register_keras_serializable(package="baselines")
class GivenPositionEmbedding(PositionEmbedding):
    """x (B, L, D), position_ids int32 (B, L) -> x + the vectors of these positions."""

    def build(self, x_shape: tuple, position_ids_shape: tuple) -> None:
        super().build(x_shape)

    def call(self, x: Any, position_ids: Any) -> Any:
        return x + self.vectors(position_ids, x.dtype)

    def decode_step(self, step: Any, x: Any, position_ids: Any) -> Any:
        """As `call`: the position ids are those of the step's tokens."""
        return self.call(x, position_ids)

    def compute_output_shape(self, x_shape: tuple, position_ids_shape: tuple) -> tuple:
        return x_shape


@keras.saving.register_keras_serializable(package="baselines")
class GivenRotaryPosition(RotaryPosition):
    """x (B, L, ...), position_ids int32 (B, L) -> (2, B, L, K): cosines and sines of these positions."""

    def call(self, x: Any, position_ids: Any) -> Any:
        return self.rotations(ops.cast(position_ids, "float32"))

    def decode_step(self, step: Any, x: Any, position_ids: Any) -> Any:
        """As `call`: the position ids are those of the step's tokens."""
        return self.call(x, position_ids)

    def compute_output_spec(self, x: Any, position_ids: Any) -> Any:
        return keras.KerasTensor((2, *position_ids.shape, self.size), dtype=self.compute_dtype)
