"""The padding mask: True for every token but padding, and always for the first one."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class PaddingMask(keras.layers.Layer):
    """token_ids int (B, L) -> bool (B, L), 1 = real; padding is `pad_token_id`, but position 0 is never padding."""

    def __init__(self, pad_token_id: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.pad_token_id = pad_token_id

    def call(self, token_ids: Any) -> Any:
        first = ops.arange(ops.shape(token_ids)[1]) == 0
        return ops.logical_or(token_ids != self.pad_token_id, first)

    def compute_output_spec(self, token_ids: Any) -> Any:
        return keras.KerasTensor(token_ids.shape, dtype="bool")

    def get_config(self) -> dict:
        return {**super().get_config(), "pad_token_id": self.pad_token_id}
