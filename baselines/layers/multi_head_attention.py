"""Multi-head self-attention as a layer. Vaswani et al., 2017, arXiv:1706.03762.

Keys may have another size than values. `with_kv_cache` decodes with a KV cache.
"""

from typing import Any

import keras
from keras import ops

from baselines.layers import attention_options
from baselines.layers.attention import attend
from baselines.layers.dense import Dense
from baselines.layers.dropout import Dropout
from baselines.layers.fused_attention import fused_attend, should_fuse
from baselines.layers.rotary_position import rotate
from baselines.layers.talking_heads import TalkingHeads
from baselines.layers.variance_scaling import fresh_initializer, serialized_initializer


@keras.saving.register_keras_serializable(package="baselines")
class MultiHeadAttention(keras.layers.Layer):
    """hidden_states (B, L, D) -> (B, L, D); with `return_scores` also the scores (B, H, L, L) for the next block.

    The sub-layers query, key, value and output have 2-D kernels.

    key_size             of queries and keys; `head_size` is that of values
    scale                see attention_scale.py
    talking_heads        none, pre or pre_post, see talking_heads.py
    fused                auto, True or False, see fused_attention.py. Used where the weights themselves are not needed:
                         no talking heads, no relative positions, no bias, no residual scores, no active dropout
    kernel_initializer   instead of the truncated normal of `initializer_range`
    value_initializer    of value and output, if different
    normalization        softmax or squared_relu, see attention.py
    rotary_halves        which columns rotary positions turn together, see rotary_position.rotate
    use_bias             of query, key, value and output
    """

    def __init__(
        self,
        num_heads: int,
        head_size: int,
        hidden_size: int,
        key_size: int | None = None,
        dropout_rate: float = 0.0,
        initializer_range: float = 0.02,
        return_scores: bool = False,
        scale: float | str = "sqrt",
        talking_heads: str = "none",
        fused: bool | str = "auto",
        kernel_initializer: Any = None,
        value_initializer: Any = None,
        use_bias: bool = True,
        normalization: str = "softmax",
        rotary_halves: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        attention_options.check_attention_options(scale, talking_heads, fused, normalization)
        self.num_heads = num_heads
        self.head_size = head_size
        self.hidden_size = hidden_size
        self.key_size = key_size or head_size
        self.dropout_rate = dropout_rate
        self.initializer_range = initializer_range
        self.return_scores = return_scores
        self.scale = scale
        self.talking_heads = talking_heads
        self.fused = fused
        self.kernel_initializer = kernel_initializer and keras.initializers.get(kernel_initializer)
        self.value_initializer = value_initializer and keras.initializers.get(value_initializer)
        self.use_bias = use_bias
        self.normalization = normalization
        self.rotary_halves = rotary_halves
        self.supports_masking = True
        self.query_dense = self.dense(num_heads * self.key_size, "query")
        self.key_dense = self.dense(num_heads * self.key_size, "key")
        self.value_dense = self.dense(num_heads * head_size, "value", self.value_initializer)
        self.output_dense = self.dense(hidden_size, "output", self.value_initializer)
        self.dropout = Dropout(dropout_rate, dtype=self.dtype_policy, name="dropout")
        self.mix_scores = TalkingHeads(name="mix_scores") if talking_heads != "none" else None
        self.mix_weights = TalkingHeads(name="mix_weights") if talking_heads == "pre_post" else None

    def dense(self, units: Any, name: str, initializer: Any = None) -> Dense:
        initializer = fresh_initializer(initializer or self.kernel_initializer, self.initializer_range)
        options = {"use_bias": self.use_bias, "dtype": self.dtype_policy, "name": name}
        return Dense(units, kernel_initializer=initializer, **options)

    def build(self, hidden_states_shape: tuple) -> None:
        for dense in (self.query_dense, self.key_dense, self.value_dense):
            dense.build(hidden_states_shape)
        self.output_dense.build((*hidden_states_shape[:-1], self.num_heads * self.head_size))
        for mix in (self.mix_scores, self.mix_weights):
            if mix is not None:
                mix.build((None, self.num_heads, None, None))

    def project(self, hidden_states: Any, rotary: Any = None) -> tuple:
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
            query, key = (rotate(x, rotary, self.rotary_halves) for x in (query, key))
        return query, key, value

    def merge(self, mean: Any) -> Any:
        """Heads side by side, through the output projection: (B, L, H, V) -> (B, L, D)."""
        return self.output_dense(ops.reshape(mean, (-1, ops.shape(mean)[1], self.num_heads * self.head_size)))

    def attend(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_mask: Any = None,
        relative: Any = None,
        previous_scores: Any = None,
        training: bool | None = None,
        heads_first: bool = False,
        bias: Any = None,
    ) -> tuple:
        """`attention.attend` with the options of this layer; the fused kernel returns no scores."""
        needs_weights = (training and self.dropout_rate) or self.return_scores
        plain = all(option is None for option in (relative, previous_scores, self.mix_scores, bias))
        plain = plain and self.normalization == "softmax"
        fit = self.key_size == self.head_size and not heads_first
        if plain and not needs_weights and fit and should_fuse(self.fused):
            return fused_attend(query, key, value, attention_mask, self.scale), None
        return attend(
            query,
            key,
            value,
            attention_mask,
            relative,
            previous_scores,
            dropout=lambda weights: self.dropout(weights, training=training),
            scale=self.scale,
            mix_scores=self.mix_scores,
            mix_weights=self.mix_weights,
            heads_first=heads_first,
            bias=bias,
            normalization=self.normalization,
        )

    def with_kv_cache(
        self,
        update_kv_cache: Any,
        hidden_states: Any,
        attention_mask: Any = None,
        rotary: Any = None,
        relative: Any = None,
        previous_scores: Any = None,
        bias: Any = None,
        training: bool | None = None,
    ) -> Any:
        """As `call`, but the tokens see cached keys and values.

        Args:
            update_kv_cache: (layer name, keys (B, H, Q, K), values (B, H, Q, V) of these tokens) -> (keys (B, H, S, K), values
                (B, H, S, V)) that they attend to.
        """
        query, key, value = self.project(hidden_states, rotary)
        key, value = (ops.transpose(x, (0, 2, 1, 3)) for x in (key, value))
        key, value = update_kv_cache(self.name, key, value)
        mean, scores = self.attend(query, key, value, attention_mask, relative, previous_scores, training, True, bias)
        merged = self.merge(mean)
        return (merged, scores) if self.return_scores else merged

    def call(
        self,
        hidden_states: Any,
        attention_mask: Any = None,
        rotary: Any = None,
        relative: Any = None,
        previous_scores: Any = None,
        bias: Any = None,
        training: bool | None = None,
    ) -> Any:
        query, key, value = self.project(hidden_states, rotary)
        mean, scores = self.attend(query, key, value, attention_mask, relative, previous_scores, training, bias=bias)
        merged = self.merge(mean)
        return (merged, scores) if self.return_scores else merged

    def compute_output_spec(self, hidden_states: Any, *args: Any, **kwargs: Any) -> Any:
        merged = keras.KerasTensor((*hidden_states.shape[:-1], self.hidden_size), dtype=self.compute_dtype)
        if not self.return_scores:
            return merged
        batch, length = hidden_states.shape[:2]
        return merged, keras.KerasTensor((batch, self.num_heads, length, length), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "head_size": self.head_size,
            "hidden_size": self.hidden_size,
            "key_size": self.key_size,
            "dropout_rate": self.dropout_rate,
            "initializer_range": self.initializer_range,
            "return_scores": self.return_scores,
            "scale": self.scale,
            "talking_heads": self.talking_heads,
            "fused": self.fused,
            "kernel_initializer": serialized_initializer(self.kernel_initializer),
            "value_initializer": serialized_initializer(self.value_initializer),
            "use_bias": self.use_bias,
            "normalization": self.normalization,
            "rotary_halves": self.rotary_halves,
        }
