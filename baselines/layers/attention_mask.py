"""Who sees whom: the four attention masks. UniLM: Dong et al., 2019, arXiv:1905.03197.

Built once per batch and shared by all blocks. A mask decides whether one encoder reads (bidirectional), writes (causal)
or reads one text and writes another (prefix); no weight depends on it.
"""

from typing import Any

import keras
from keras import ops

MASKS = ("bidirectional", "causal", "prefix", "prefix_length")


@keras.saving.register_keras_serializable(package="baselines")
class AttentionMask(keras.layers.Layer):
    """token_ids (B, L) -> bool (B, 1, 1 or L, L): may the query in the third axis look at the key in the fourth?

    bidirectional   every real token
    causal          itself and what is before it
    prefix          c_key <= c_query with c the running sum of `segment_ids`: zeros see each other, a one sees itself
                    and all before it. A 0 after a 1 belongs to that 1. Ids must not be negative, for c would fall.
    prefix_length   key < p or key <= query, with p = `prefix_length` (B,): for segment ids that mean something else

    A token equal to `pad_token_id` is no key for anybody, except at position 0: so every row sees something.
    """

    def __init__(self, mask="bidirectional", pad_token_id=0, **kwargs):
        super().__init__(**kwargs)
        if mask not in MASKS:
            raise ValueError(f"AttentionMask: expected `mask` to be one of {', '.join(MASKS)}. Received: mask={mask!r}")
        self.mask = mask
        self.pad_token_id = pad_token_id

    def call(self, token_ids, segment_ids=None, prefix_length=None):
        position = ops.arange(ops.shape(token_ids)[1], dtype="int32")
        query, key = position[None, None, :, None], position[None, None, None, :]
        real = ops.not_equal(token_ids, self.pad_token_id)[:, None, None, :]
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
        """What the tokens of a Step see of what is kept: bool (B, 1, Q, S)."""
        return step.visible[:, None]

    def compute_mask(self, token_ids, mask=None):
        return None

    def compute_output_spec(self, token_ids, segment_ids=None, prefix_length=None):
        batch, length = token_ids.shape
        return keras.KerasTensor((batch, 1, 1 if self.mask == "bidirectional" else length, length), dtype="bool")

    def get_config(self):
        return {**super().get_config(), "mask": self.mask, "pad_token_id": self.pad_token_id}
