"""Choices of a question as rows of their own, and their scores back side by side."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class ChoicesToRows(keras.layers.Layer):
    """int (B, N, L) -> (B * N, L)."""

    def call(self, x):
        return ops.reshape(x, (-1, ops.shape(x)[-1]))

    def compute_output_shape(self, input_shape):
        return (None, input_shape[-1])


@keras.saving.register_keras_serializable(package="baselines")
class RowsToChoices(keras.layers.Layer):
    """Scores (B * N, 1) -> float32 (B, N), with `hidden` for choices that only fill up: those whose first token is padding.

    token_ids int (B, N, L) with 0 on padding.
    """

    def __init__(self, hidden=-1e9, **kwargs):
        super().__init__(**kwargs)
        self.hidden = hidden

    def call(self, scores, token_ids):
        scores = ops.reshape(ops.cast(scores, "float32"), (-1, ops.shape(token_ids)[1]))
        return ops.where(token_ids[:, :, 0] != 0, scores, self.hidden)

    def compute_output_spec(self, scores, token_ids):
        return keras.KerasTensor(token_ids.shape[:2], dtype="float32")

    def get_config(self):
        return {**super().get_config(), "hidden": self.hidden}
