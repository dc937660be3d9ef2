"""Local attention: of a mask, the keys that are near. Beltagy et al., 2020, arXiv:2004.05150."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class WindowMask(keras.layers.Layer):
    """bool (B, 1, 1 or L, L) of layers/attention_mask.py -> bool (B, 1, L, L): True where also |query - key| <= window."""

    needs_slot_positions = True

    def __init__(self, window: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.window = window

    def call(self, attention_mask: Any) -> Any:
        position = ops.arange(ops.shape(attention_mask)[-1], dtype="int32")
        return self.near(attention_mask, position[None, :, None] - position[None, None, :])

    def decode_step(self, step: Any, attention_mask: Any) -> Any:
        """Of the cached tokens that are visible, those near the tokens of a decoding step: bool (B, 1, Q, S)."""
        return self.near(attention_mask, step.positions[:, :, None] - step.slot_positions[:, None, :])

    def near(self, attention_mask: Any, distance: Any) -> Any:
        """attention_mask bool (B, 1, 1 or Q, L); distance int32 (1 or B, Q, L)."""
        return ops.logical_and(attention_mask, (ops.abs(distance) <= self.window)[:, None])

    def compute_output_spec(self, attention_mask: Any) -> Any:
        batch, length = attention_mask.shape[0], attention_mask.shape[-1]
        return keras.KerasTensor((batch, 1, length, length), dtype="bool")

    def get_config(self) -> dict:
        return {**super().get_config(), "window": self.window}
