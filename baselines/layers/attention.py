"""Multi-head self-attention. Vaswani et al., 2017, arXiv:1706.03762.

Options that BERT has not: keys of another size than values, rotary and relative positions, and scores that continue
those of the block before (He et al., 2020, arXiv:2012.11747). Projecting, attending and merging are separate steps, for
callers that keep keys and values of earlier tokens.
"""

import keras
from keras import ops

from baselines.layers.rotary_position import rotate

MASKED = -1e9
"""Added to the scores of keys out of sight: finite, so that no row turns into NaN, and 0 after the softmax."""


def attend(query, key, value, attention_mask=None, relative=None, previous_scores=None, dropout=None):
    """Each query's mean of the values, weighted by softmax(query key / sqrt(K)) in float32 at least.

    query            float (B, Q, H, K)
    key, value       float (B, L, H, K), (B, L, H, V)
    attention_mask   bool, 1 = may look; broadcast to (B, H, Q, L)
    relative         float (Q, L, K), added to the keys and, then K = V, to the values as a query sees them
    previous_scores  float (B, H, Q, L), added to the scores before the mask
    dropout          applied to the weights

    Returns the mean (B, Q, H, V) and the scores before `previous_scores` and mask (B, H, Q, L).
    """
    query = query * query.shape[-1] ** -0.5
    scores = ops.einsum("bqhd,bkhd->bhqk", query, key)
    if relative is not None:
        scores = scores + ops.einsum("bqhd,qkd->bhqk", query, relative)
    weights = ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
    if previous_scores is not None:
        weights = weights + ops.cast(previous_scores, weights.dtype)
    if attention_mask is not None:
        weights = weights + ops.where(attention_mask, 0.0, ops.cast(MASKED, weights.dtype))
    weights = ops.cast(ops.softmax(weights, axis=-1), value.dtype)
    if dropout is not None:
        weights = dropout(weights)
    mean = ops.einsum("bhqk,bkhd->bqhd", weights, value)
    if relative is not None:
        mean = mean + ops.einsum("bhqk,qkd->bqhd", weights, relative)
    return mean, scores


@keras.saving.register_keras_serializable(package="baselines")
class MultiHeadAttention(keras.layers.Layer):
    """hidden_states (B, L, D) -> (B, L, D); with `return_scores` also the scores (B, H, L, L) for the next block.

    `key_size` is that of queries and keys, `head_size` that of values. The sub-layers query, key, value and output have
    2-D kernels.
    """

    def __init__(
        self,
        num_heads,
        head_size,
        hidden_size,
        key_size=None,
        dropout_rate=0.0,
        initializer_range=0.02,
        return_scores=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.head_size = head_size
        self.hidden_size = hidden_size
        self.key_size = key_size or head_size
        self.dropout_rate = dropout_rate
        self.initializer_range = initializer_range
        self.return_scores = return_scores
        self.supports_masking = True
        self.query_dense = self.dense(num_heads * self.key_size, "query")
        self.key_dense = self.dense(num_heads * self.key_size, "key")
        self.value_dense = self.dense(num_heads * head_size, "value")
        self.output_dense = self.dense(hidden_size, "output")
        self.dropout = keras.layers.Dropout(dropout_rate, dtype=self.dtype_policy, name="dropout")

    def dense(self, units, name):
        initializer = keras.initializers.TruncatedNormal(stddev=self.initializer_range)
        return keras.layers.Dense(units, kernel_initializer=initializer, dtype=self.dtype_policy, name=name)

    def build(self, hidden_states_shape):
        for dense in (self.query_dense, self.key_dense, self.value_dense):
            dense.build(hidden_states_shape)
        self.output_dense.build((*hidden_states_shape[:-1], self.num_heads * self.head_size))

    def project(self, hidden_states, rotary=None):
        """Queries, keys (B, L, H, K) and values (B, L, H, V); `rotary` (2, L, K) turns the first two."""
        length = ops.shape(hidden_states)[1]
        query, key, value = (
            ops.reshape(dense(hidden_states), (-1, length, self.num_heads, size))
            for dense, size in (
                (self.query_dense, self.key_size),
                (self.key_dense, self.key_size),
                (self.value_dense, self.head_size),
            )
        )
        if rotary is not None:
            query, key = rotate(query, rotary), rotate(key, rotary)
        return query, key, value

    def merge(self, mean):
        """Heads side by side, through the output projection: (B, L, H, V) -> (B, L, D)."""
        return self.output_dense(ops.reshape(mean, (-1, ops.shape(mean)[1], self.num_heads * self.head_size)))

    def call(
        self, hidden_states, attention_mask=None, rotary=None, relative=None, previous_scores=None, training=None
    ):
        query, key, value = self.project(hidden_states, rotary)
        mean, scores = attend(
            query,
            key,
            value,
            attention_mask,
            relative,
            previous_scores,
            dropout=lambda weights: self.dropout(weights, training=training),
        )
        merged = self.merge(mean)
        return (merged, scores) if self.return_scores else merged

    def compute_output_spec(self, hidden_states, *args, **kwargs):
        merged = keras.KerasTensor((*hidden_states.shape[:-1], self.hidden_size), dtype=self.compute_dtype)
        if not self.return_scores:
            return merged
        batch, length = hidden_states.shape[:2]
        return merged, keras.KerasTensor((batch, self.num_heads, length, length), dtype=self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "head_size": self.head_size,
            "hidden_size": self.hidden_size,
            "key_size": self.key_size,
            "dropout_rate": self.dropout_rate,
            "initializer_range": self.initializer_range,
            "return_scores": self.return_scores,
        }
