"""Gated attention unit: attention and gated feed-forward in one, with a single small head. Hua et al., 2022, arXiv:2202.10447.

As in bert4keras it has no additive relative positions; rotary ones turn queries and keys.
"""

from typing import Any

import keras
from keras import ops

from baselines.layers.activation import activation
from baselines.layers.attention import attend
from baselines.layers.attention_options import check_attention_options
from baselines.layers.dense import Dense
from baselines.layers.dropout import Dropout
from baselines.layers.rotary_position import rotate
from baselines.layers.scale_offset import ScaleOffset
from baselines.layers.variance_scaling import fresh_initializer, serialized_initializer


@keras.saving.register_keras_serializable(package="baselines")
class GatedAttentionUnit(keras.layers.Layer):
    """x (B, L, D) -> output(u * attend(q, k, v)) (B, L, D), where u, v and the base of q and k are act(input(x)).

    units           columns of u and v
    key_size        of q and k, each a scale (and offset) of one base
    scale           see attention_scale.py; "log" is bert4keras' softmax_plus
    normalization   softmax or squared_relu, see attention.py
    """

    num_heads = 1                                                       # of the KV cache
    return_scores = False

    def __init__(
        self,
        units: int,
        key_size: int,
        hidden_size: int,
        hidden_act: str = "swish",
        use_bias: bool = True,
        dropout_rate: float = 0.0,
        scale: float | str = "sqrt",
        normalization: str = "squared_relu",
        initializer_range: float = 0.02,
        kernel_initializer: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        check_attention_options(scale, normalization=normalization)
        self.units = self.head_size = units
        self.key_size = key_size
        self.hidden_size = hidden_size
        self.hidden_act = hidden_act
        self.use_bias = use_bias
        self.dropout_rate = dropout_rate
        self.scale = scale
        self.normalization = normalization
        self.initializer_range = initializer_range
        self.kernel_initializer = kernel_initializer and keras.initializers.get(kernel_initializer)
        self.supports_masking = True
        self.input_dense = self.dense(2 * units + key_size, "input", activation=activation(hidden_act))
        self.query_scale = ScaleOffset(use_bias, dtype=self.dtype_policy, name="query")
        self.key_scale = ScaleOffset(use_bias, dtype=self.dtype_policy, name="key")
        self.output_dense = self.dense(hidden_size, "output")
        self.dropout = Dropout(dropout_rate, dtype=self.dtype_policy, name="dropout")

    def dense(self, units: int, name: str, **options: Any) -> Dense:
        initializer = fresh_initializer(self.kernel_initializer, self.initializer_range)
        options |= {"use_bias": self.use_bias, "dtype": self.dtype_policy, "name": name}
        return Dense(units, kernel_initializer=initializer, **options)

    def build(self, x_shape: tuple) -> None:
        self.input_dense.build(x_shape)
        self.query_scale.build((*x_shape[:-1], self.key_size))
        self.key_scale.build((*x_shape[:-1], self.key_size))
        self.output_dense.build((*x_shape[:-1], self.units))

    def project(self, x: Any, rotary: Any = None) -> tuple:
        """u (B, L, U), queries and keys (B, L, 1, K), values (B, L, 1, U); `rotary` (2, L, K) turns queries and keys."""
        u, v, base = ops.split(self.input_dense(x), [self.units, 2 * self.units], axis=-1)
        query, key, value = (part[:, :, None] for part in (self.query_scale(base), self.key_scale(base), v))
        if rotary is not None:
            query, key = rotate(query, rotary), rotate(key, rotary)
        return u, query, key, value

    def finish(
        self, u: Any, query: Any, key: Any, value: Any, attention_mask: Any, training: bool | None, heads_first: bool = False
    ) -> Any:
        """Attention, gate and output projection: (B, Q, D)."""
        mean, _ = attend(
            query,
            key,
            value,
            attention_mask,
            dropout=lambda weights: self.dropout(weights, training=training),
            scale=self.scale,
            normalization=self.normalization,
            heads_first=heads_first,
        )
        return self.output_dense(u * mean[:, :, 0])

    def call(self, x: Any, attention_mask: Any = None, rotary: Any = None, training: bool | None = None) -> Any:
        return self.finish(*self.project(x, rotary), attention_mask, training)

    def with_kv_cache(
        self, update_kv_cache: Any, x: Any, attention_mask: Any = None, rotary: Any = None, training: bool | None = None
    ) -> Any:
        """As `call`, with the cached keys and values: see MultiHeadAttention.with_kv_cache."""
        u, query, key, value = self.project(x, rotary)
        key, value = update_kv_cache(self.name, *(ops.transpose(part, (0, 2, 1, 3)) for part in (key, value)))
        return self.finish(u, query, key, value, attention_mask, training, heads_first=True)

    def compute_output_spec(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        return keras.KerasTensor((*x.shape[:-1], self.hidden_size), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "key_size": self.key_size,
            "hidden_size": self.hidden_size,
            "hidden_act": self.hidden_act,
            "use_bias": self.use_bias,
            "dropout_rate": self.dropout_rate,
            "scale": self.scale,
            "normalization": self.normalization,
            "initializer_range": self.initializer_range,
            "kernel_initializer": serialized_initializer(self.kernel_initializer),
        }
