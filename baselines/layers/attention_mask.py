"""The four attention masks. UniLM: Dong et al., 2019, arXiv:1905.03197.

Built once per batch and shared by all blocks. The mask alone decides whether an encoder reads (bidirectional), generates (causal)
or reads one text and generates another (prefix).
"""

from typing import Any

import keras
from keras import ops

MASKS = ("bidirectional", "causal", "prefix", "prefix_length")


def pad_token_id(model: keras.Model) -> int:
    """The token id that a model's attention, or its recurrent layers, take for padding."""
    return next((layer.pad_token_id for layer in model.layers if hasattr(layer, "pad_token_id")), 0)


@keras.saving.register_keras_serializable(package="baselines")
class AttentionMask(keras.layers.Layer):
    """token_ids (B, L) -> bool (B, 1, 1 or L, L), True where the query (third axis) may attend to the key (fourth axis).

    bidirectional   every real token
    causal          itself and what is before it
    prefix          c_key <= c_query with c the running sum of `segment_ids`: zeros see each other, a one sees itself
                    and all before it. A 0 after a 1 belongs to that 1. Ids must not be negative.
    prefix_length   key < p or key <= query, with p = `prefix_length` (B,): where segment ids mean something else

    A token equal to `pad_token_id` is masked for every query, except at position 0, so that no row is fully masked.
    """

    def __init__(self, mask: str = "bidirectional", pad_token_id: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        if mask not in MASKS:
            raise ValueError(f"AttentionMask: unknown mask={mask!r}. Choose one of {', '.join(MASKS)}.")
        self.mask = mask
        self.pad_token_id = pad_token_id

    def call(self, token_ids: Any, segment_ids: Any = None, prefix_length: Any = None) -> Any:
        position = ops.arange(ops.shape(token_ids)[1], dtype="int32")
        query, key = position[None, None, :, None], position[None, None, None, :]
        real = ops.expand_dims(ops.not_equal(token_ids, self.pad_token_id), (1, 2))     # LiteRT cuts no booleans
        real = ops.logical_or(real, ops.equal(key, 0))
        if self.mask == "bidirectional":
            return real
        if self.mask == "prefix":
            block = ops.cumsum(segment_ids, axis=1)
            return ops.logical_and(real, block[:, None, None, :] <= block[:, None, :, None])
        visible = key <= query
        if self.mask == "prefix_length":
            visible = ops.logical_or(visible, key < prefix_length[:, None, None, None])
        return ops.logical_and(real, visible)

    def decode_step(self, step: Any, token_ids: Any, segment_ids: Any = None, prefix_length: Any = None) -> Any:
        """Which cached tokens the tokens of a decoding step may attend to: bool (B, 1, Q, S)."""
        return step.visible[:, None]

    def compute_mask(self, token_ids: Any, mask: Any = None) -> Any:
        return None

    def compute_output_spec(self, token_ids: Any, segment_ids: Any = None, prefix_length: Any = None) -> Any:
        batch, length = token_ids.shape
        return keras.KerasTensor((batch, 1, 1 if self.mask == "bidirectional" else length, length), dtype="bool")

    def get_config(self) -> dict:
        return {**super().get_config(), "mask": self.mask, "pad_token_id": self.pad_token_id}
