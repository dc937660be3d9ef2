"""Pooling over the tokens of a row: mean, maximum, first or last token, or given positions."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class MaskedPooling(keras.layers.Layer):
    """Mean or maximum over the real tokens of a row, in float32.

    hidden_states float (B, L, D), token_ids int (B, L) with pad_token_id on padding (never at position 0); returns
    float32 (B, D).
    """

    def __init__(self, pooling: str, pad_token_id: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.pooling = pooling
        self.pad_token_id = pad_token_id

    def call(self, hidden_states: Any, token_ids: Any) -> Any:
        real = ops.not_equal(token_ids[:, 1:], self.pad_token_id)
        real = ops.concatenate([ops.ones_like(token_ids[:, :1], dtype="bool"), real], axis=1)
        real = ops.expand_dims(real, -1)                                # (B, L, 1)
        hidden_states = ops.cast(hidden_states, "float32")
        if self.pooling == "max":
            return ops.max(ops.where(real, hidden_states, -1e30), axis=1)
        weights = ops.cast(real, "float32")
        return ops.sum(hidden_states * weights, axis=1) / ops.sum(weights, axis=1)

    def compute_output_shape(self, hidden_states_shape: tuple, token_ids_shape: tuple) -> tuple:
        return hidden_states_shape[0], hidden_states_shape[-1]

    def get_config(self) -> dict:
        return {**super().get_config(), "pooling": self.pooling, "pad_token_id": self.pad_token_id}


@keras.saving.register_keras_serializable(package="baselines")
class FirstToken(keras.layers.Layer):
    """The vector of the first token, [CLS]: x (B, L, D) -> (B, D)."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x: Any) -> Any:
        return x[:, 0]

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return None

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], input_shape[2])


@keras.saving.register_keras_serializable(package="baselines")
class LastToken(keras.layers.Layer):
    """The vector of the last token that is no padding: x (B, L, D), token_ids int (B, L) -> (B, D)."""

    def __init__(self, pad_token_id: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.pad_token_id = pad_token_id

    def call(self, x: Any, token_ids: Any) -> Any:
        positions = ops.arange(ops.shape(token_ids)[1], dtype="int32")
        last = ops.max(ops.where(ops.not_equal(token_ids, self.pad_token_id), positions, 0), axis=1)
        return ops.take_along_axis(x, last[:, None, None], axis=1)[:, 0]

    def compute_output_shape(self, x_shape: tuple, token_ids_shape: tuple) -> tuple:
        return x_shape[0], x_shape[-1]

    def get_config(self) -> dict:
        return {**super().get_config(), "pad_token_id": self.pad_token_id}


@keras.saving.register_keras_serializable(package="baselines")
class TakePositions(keras.layers.Layer):
    """The vectors at given positions: [x (B, L, D), positions int (B, P)] -> (B, P, D)."""

    def call(self, inputs: Any) -> Any:
        x, positions = inputs
        return ops.take_along_axis(x, ops.cast(positions, "int32")[:, :, None], axis=1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        x, positions = input_shape
        return (x[0], positions[1], x[2])
