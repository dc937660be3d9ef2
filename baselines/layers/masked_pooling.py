"""One vector of a row: the mean or the maximum over its tokens, padding left out."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class MaskedPooling(keras.layers.Layer):
    """Mean or maximum of the vectors of a row, padding left out, in float32.

    hidden_states float (B, L, D), token_ids int (B, L) with 0 on padding (never at position 0); returns float32 (B, D).
    """

    def __init__(self, pooling, **kwargs):
        super().__init__(**kwargs)
        self.pooling = pooling

    def call(self, hidden_states, token_ids):
        real = ops.concatenate([ops.ones_like(token_ids[:, :1]), token_ids[:, 1:]], axis=1) != 0
        real = ops.expand_dims(real, -1)                                # (B, L, 1)
        hidden_states = ops.cast(hidden_states, "float32")
        if self.pooling == "max":
            return ops.max(ops.where(real, hidden_states, -1e30), axis=1)
        weights = ops.cast(real, "float32")
        return ops.sum(hidden_states * weights, axis=1) / ops.sum(weights, axis=1)

    def compute_output_shape(self, hidden_states_shape, token_ids_shape):
        return hidden_states_shape[0], hidden_states_shape[-1]

    def get_config(self):
        return {**super().get_config(), "pooling": self.pooling}
