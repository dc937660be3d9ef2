"""NEZHA's relative positions: fixed sinusoids of the clipped distance. Wei et al., 2019, arXiv:1909.00204."""

from typing import Any

import keras
from keras import ops

from baselines.layers.sinusoid import sinusoids


@keras.saving.register_keras_serializable(package="baselines")
class RelativePosition(keras.layers.Layer):
    """x (B, L, ...) -> (L, L, K): the vector of key - query, clipped to +-max_distance. No weights."""

    def __init__(self, size: int, max_distance: int = 64, **kwargs: Any):
        super().__init__(**kwargs)
        if size % 2:
            raise ValueError(f"RelativePosition: size={size} is odd, but sines and cosines come in pairs. Give an even size.")
        self.size = size
        self.max_distance = max_distance

    def call(self, x: Any) -> Any:
        position = ops.arange(ops.shape(x)[1], dtype="int32")
        return self.vectors(position[None, :] - position[:, None])

    needs_slot_positions = True

    def decode_step(self, step: Any, x: Any) -> Any:
        """The vectors between the tokens of a decoding step and the cached ones: (B, Q, S, K)."""
        return self.vectors(step.slot_positions[:, None, :] - step.positions[:, :, None])

    def vectors(self, distance: Any) -> Any:
        """distance int32 (...) -> (..., K)."""
        distance = ops.clip(distance, -self.max_distance, self.max_distance)
        table = ops.convert_to_tensor(sinusoids(2 * self.max_distance + 1, self.size), dtype=self.compute_dtype)
        return ops.take(table, distance + self.max_distance, axis=0)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return None

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[1], input_shape[1], self.size)

    def get_config(self) -> dict:
        return {**super().get_config(), "size": self.size, "max_distance": self.max_distance}
