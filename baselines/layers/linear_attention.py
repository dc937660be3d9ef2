"""Attention in time linear in the length: phi(Q) (phi(K)' V) with phi = elu + 1. Katharopoulos et al., 2020, arXiv:2006.16236.

It applies the padding mask only, and has no attention weights to drop out, mix or pass on. Rotary positions turn
the numerator only (Su et al., 2021, arXiv:2104.09864, 3.3). Not faster below some thousand tokens: docs/benchmarks.md.
"""

from typing import Any

import keras
from keras import ops

from baselines.layers.multi_head_attention import MultiHeadAttention
from baselines.layers.rotary_position import rotate

EPSILON = 1e-6


def linear_attend(query: Any, key: Any, value: Any, attention_mask: Any = None, rotary: Any = None) -> Any:
    """Each query's mean of the values, weighted by phi(query) phi(key), summed in float32 at least: (B, Q, H, V).

    query, key       float (B, Q, H, K), (B, L, H, K), not turned
    value            float (B, L, H, V)
    attention_mask   bool (B, 1, 1, L): the same keys for every query. Raises ValueError for another
    rotary           float (2, L, K)
    """
    if attention_mask is not None and tuple(attention_mask.shape[1:3]) != (1, 1):
        raise ValueError(
            f"linear_attend: attention_mask has the shape {tuple(attention_mask.shape)}, but every query must see the same keys. "
            "Give a mask of shape (B, 1, 1, L)."
        )
    dtype = keras.backend.result_type(query.dtype, "float32")
    query, key = (ops.elu(ops.cast(x, dtype)) + 1 for x in (query, key))
    if attention_mask is not None:
        key = key * ops.cast(ops.transpose(attention_mask, (0, 3, 1, 2)), dtype)
    total = ops.einsum("bqhd,bhd->bqh", query, ops.sum(key, axis=1))[..., None]
    if rotary is not None:
        query, key = (rotate(x, ops.cast(rotary, dtype)) for x in (query, key))
    summary = ops.einsum("bkhd,bkhv->bhdv", key, ops.cast(value, dtype))
    return ops.cast(ops.einsum("bqhd,bhdv->bqhv", query, summary) / (total + EPSILON), value.dtype)


@keras.saving.register_keras_serializable(package="baselines")
class MultiHeadLinearAttention(MultiHeadAttention):
    """hidden_states (B, L, D) -> (B, L, D), with the weights of MultiHeadAttention."""

    with_kv_cache = None                                                # it cannot mask cached keys

    def call(self, hidden_states: Any, attention_mask: Any = None, rotary: Any = None) -> Any:
        query, key, value = self.project(hidden_states)
        return self.merge(linear_attend(query, key, value, attention_mask, rotary))
