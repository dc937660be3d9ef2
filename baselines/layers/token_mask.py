"""Zeros in place of what stands on padding, for layers that look at neighbors without a mask."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class TokenMask(keras.layers.Layer):
    """x (B, L, D), token_ids int (B, L) -> x, and 0 where the token is padding."""

    def __init__(self, pad_token_id: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.pad_token_id = pad_token_id

    def call(self, x: Any, token_ids: Any) -> Any:
        return ops.where(ops.not_equal(token_ids, self.pad_token_id)[:, :, None], x, ops.zeros_like(x))

    def compute_output_shape(self, x_shape: tuple, token_ids_shape: tuple) -> tuple:
        return x_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "pad_token_id": self.pad_token_id}
