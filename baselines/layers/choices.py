"""Multiple choice: flatten the choices of a question into rows, and reshape their scores back."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class ChoicesToRows(keras.layers.Layer):
    """int (B, N, L) -> (B * N, L)."""

    def call(self, x: Any) -> Any:
        return ops.reshape(x, (-1, ops.shape(x)[-1]))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (None, input_shape[-1])


@keras.saving.register_keras_serializable(package="baselines")
class RowsToChoices(keras.layers.Layer):
    """Scores (B * N, 1) -> float32 (B, N), with `hidden` for padding choices, whose first token is padding.

    token_ids int (B, N, L) with pad_token_id on padding.
    """

    def __init__(self, hidden: float = -1e9, pad_token_id: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.hidden = hidden
        self.pad_token_id = pad_token_id

    def call(self, scores: Any, token_ids: Any) -> Any:
        scores = ops.reshape(ops.cast(scores, "float32"), (-1, ops.shape(token_ids)[1]))
        return ops.where(token_ids[:, :, 0] != self.pad_token_id, scores, self.hidden)

    def compute_output_spec(self, scores: Any, token_ids: Any) -> Any:
        return keras.KerasTensor(token_ids.shape[:2], dtype="float32")

    def get_config(self) -> dict:
        return {**super().get_config(), "hidden": self.hidden, "pad_token_id": self.pad_token_id}
