"""Scaled dot-product attention. Vaswani et al., 2017, arXiv:1706.03762.

Options beyond BERT: other scales, talking heads, relative positions, residual scores added to those of the previous block
(He et al., 2020, arXiv:2012.11747), and relu(score)^2 / n over the n visible keys in place of the softmax (arXiv:2202.10447).
"""

from typing import Any

import keras
from keras import ops

from baselines.layers.attention_scale import scale_query

MASKED = -1e9
"""Added to the scores of masked keys: finite, so that no row becomes NaN, and 0 after the softmax."""


def softmax(weights: Any) -> Any:
    """Over the last axis; of a single key it is 1, where Keras would warn: a decoder's first token."""
    return ops.ones_like(weights) if weights.shape[-1] == 1 else ops.softmax(weights, axis=-1)


def attend(
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any = None,
    relative: Any = None,
    previous_scores: Any = None,
    dropout: Any = None,
    scale: float | str = "sqrt",
    mix_scores: Any = None,
    mix_weights: Any = None,
    heads_first: bool = False,
    bias: Any = None,
    normalization: str = "softmax",
) -> tuple:
    """Each query's mean of the values, weighted by softmax(scale query key) in float32 at least.

    query            float (B, Q, H, K)
    key, value       float (B, L, H, K), (B, L, H, V)
    attention_mask   bool, True = may attend; broadcast to (B, H, Q, L)
    relative         float (Q, L, K) or (B, Q, L, K), added to the keys and, then K = V, to the values as a query sees them
    previous_scores  float (B, H, Q, L), added to the scores before the mask
    dropout          applied to the weights
    scale            see attention_scale.py
    mix_scores, mix_weights   applied to scaled scores and to weights, float32 (B, H, Q, L)
    heads_first      key, value are (B, H, L, K), (B, H, L, V), the layout of the KV cache
    bias             float, added to the scaled scores before the mask; broadcast to (B, H, Q, L)
    normalization    softmax or squared_relu

    Returns the mean (B, Q, H, V) and the scaled scores (B, H, Q, L), neither mixed nor continued nor masked.
    """
    key_axes = "bhkd" if heads_first else "bkhd"
    query = scale_query(query, scale, attention_mask, ops.shape(key)[key_axes.index("k")])
    scores = ops.einsum(f"bqhd,{key_axes}->bhqk", query, key)
    if relative is not None:
        relative_axes = "qkd" if len(relative.shape) == 3 else "bqkd"
        scores = scores + ops.einsum(f"bqhd,{relative_axes}->bhqk", query, relative)
    weights = ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
    if mix_scores is not None:
        weights = mix_scores(weights)
    if bias is not None:
        weights = weights + ops.cast(bias, weights.dtype)
    if previous_scores is not None:
        weights = weights + ops.cast(previous_scores, weights.dtype)
    if attention_mask is not None:
        weights = weights + ops.where(attention_mask, 0.0, ops.cast(MASKED, weights.dtype))
    weights = softmax(weights) if normalization == "softmax" else squared_relu(weights, attention_mask)
    if mix_weights is not None:
        weights = mix_weights(weights)
    weights = ops.cast(weights, value.dtype)
    if dropout is not None:
        weights = dropout(weights)
    mean = ops.einsum(f"bhqk,{key_axes}->bqhd", weights, value)
    if relative is not None:
        mean = mean + ops.einsum(f"bhqk,{relative_axes}->bqhd", weights, relative)
    return mean, scores


def squared_relu(scores: Any, attention_mask: Any = None) -> Any:
    """Scores (B, H, Q, L), masked ones far below 0, as weights: relu(score)^2 / n with n the number of visible keys."""
    if attention_mask is None:
        visible = ops.cast(ops.shape(scores)[-1], scores.dtype)
    else:
        visible = ops.sum(ops.cast(attention_mask, scores.dtype), axis=-1, keepdims=True)
    return ops.square(ops.relu(scores)) / visible
