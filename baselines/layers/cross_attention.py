"""Attention of a decoder to what an encoder read. Vaswani et al., 2017, arXiv:1706.03762, section 3.2.3."""

from typing import Any

import keras
from keras import ops

from baselines.layers.attention_mask import AttentionMask
from baselines.layers.multi_head_attention import MultiHeadAttention


@keras.saving.register_keras_serializable(package="baselines")
class MultiHeadCrossAttention(MultiHeadAttention):
    """hidden_states (B, T, D) and context (B, L, E) -> (B, T, D): queries of the first, keys and values of the second.

    The options are those of MultiHeadAttention. When decoding, keys and values are computed once, of the whole source: see
    `with_kv_cache`.
    """

    attends_to_source = True

    def build(self, hidden_states_shape: tuple, context_shape: tuple) -> None:
        self.query_dense.build(hidden_states_shape)
        for dense in (self.key_dense, self.value_dense):
            dense.build(context_shape)
        self.output_dense.build((*hidden_states_shape[:-1], self.num_heads * self.head_size))
        for mix in (self.mix_scores, self.mix_weights):
            if mix is not None:
                mix.build((None, self.num_heads, None, None))

    def call(
        self, hidden_states: Any, context: Any, attention_mask: Any = None, bias: Any = None, training: bool | None = None
    ) -> Any:
        key, value = self.source(context)
        mean, _ = self.attend(self.queries(hidden_states), key, value, attention_mask, training=training, bias=bias)
        return self.merge(mean)

    def with_kv_cache(
        self,
        update_kv_cache: Any,
        hidden_states: Any,
        context: Any,
        attention_mask: Any = None,
        bias: Any = None,
        training: bool | None = None,
    ) -> Any:
        """As `call`, but in a decoding step `context` is None, and keys and values come from the cache.

        Args:
            update_kv_cache: (layer name, keys (B, H, L, K), values (B, H, L, V) of the source, or None for both) -> keys and values
                that the tokens attend to.
        """
        key = value = None
        if context is not None:
            key, value = (ops.transpose(x, (0, 2, 1, 3)) for x in self.source(context))
        key, value = update_kv_cache(self.name, key, value)
        mean, _ = self.attend(
            self.queries(hidden_states), key, value, attention_mask, training=training, heads_first=True, bias=bias
        )
        return self.merge(mean)

    def queries(self, hidden_states: Any) -> Any:
        """(B, T, H, K)."""
        return ops.reshape(self.query_dense(hidden_states), (-1, ops.shape(hidden_states)[1], self.num_heads, self.key_size))

    def source(self, context: Any) -> tuple:
        """Keys (B, L, H, K) and values (B, L, H, V)."""
        length = ops.shape(context)[1]
        key = ops.reshape(self.key_dense(context), (-1, length, self.num_heads, self.key_size))
        return key, ops.reshape(self.value_dense(context), (-1, length, self.num_heads, self.head_size))

    def compute_output_spec(self, hidden_states: Any, *args: Any, **kwargs: Any) -> Any:
        return keras.KerasTensor((*hidden_states.shape[:-1], self.hidden_size), dtype=self.compute_dtype)


@keras.saving.register_keras_serializable(package="baselines")
class SourceMask(AttentionMask):
    """token_ids (B, L) of the source -> bool (B, 1, 1, L): the tokens that a decoder may attend to, all but padding."""

    def decode_step(self, step: Any, token_ids: Any) -> Any:
        """Which tokens of the source exist, bool (B, 1, 1, L), where only the decoder is run."""
        return step.source_visible[:, None, None]
