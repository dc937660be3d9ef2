"""Rotary position embeddings: queries and keys are rotated by their position. Su et al., 2021, arXiv:2104.09864."""

from typing import Any

import keras
from keras import ops

from baselines.layers.sinusoid import frequencies


def rotate(x: Any, rotary: Any, halves: bool = False) -> Any:
    """Rotate pairs of columns of x (B, L, H, K) by the position's angle.

    rotary   (2, L, K) or (2, B, L, K), of RotaryPosition
    halves   pairs are (i, i + K / 2), as in most decoders and ModernBERT, not neighbors (2 i, 2 i + 1)
    """
    cos, sin = rotary[0][..., None, :], rotary[1][..., None, :]
    if halves:
        half = x.shape[-1] // 2
        rotated = ops.concatenate([-x[..., half:], x[..., :half]], axis=-1)
    else:
        rotated = ops.reshape(ops.stack([-x[..., 1::2], x[..., ::2]], axis=-1), ops.shape(x))
    return x * cos + rotated * sin


@keras.saving.register_keras_serializable(package="baselines")
class RotaryPosition(keras.layers.Layer):
    """x (B, L, ...) -> (2, L, K): cosines and sines, one per column. Only the length of x counts; no weights.

    theta    angles between neighboring positions are theta^(-2 i / K)
    halves   as in `rotate`
    """

    def __init__(self, size: int, theta: float = 10000.0, halves: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        if size % 2:
            raise ValueError(f"RotaryPosition: size={size} is odd, but columns are rotated in pairs. Give an even size.")
        self.size = size
        self.theta = theta
        self.halves = halves

    def call(self, x: Any) -> Any:
        return self.rotations(ops.arange(ops.shape(x)[1], dtype="float32"))

    def decode_step(self, step: Any, x: Any) -> Any:
        """Cosines and sines for the tokens of a decoding step: (2, B, Q, K)."""
        return self.rotations(ops.cast(step.positions, "float32"))

    def rotations(self, position: Any) -> Any:
        """position float32 (...) -> (2, ..., K)."""
        angle = position[..., None] * frequencies(self.size, self.theta).astype("float32")
        angle = ops.concatenate([angle, angle], axis=-1) if self.halves else ops.repeat(angle, 2, axis=-1)
        return ops.cast(ops.stack([ops.cos(angle), ops.sin(angle)]), self.compute_dtype)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return None

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (2, input_shape[1], self.size)

    def get_config(self) -> dict:
        return {**super().get_config(), "size": self.size, "theta": self.theta, "halves": self.halves}
