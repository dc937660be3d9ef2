"""MultiHeadAttention, GatedAttentionUnit and FeedForward with bert4keras' arguments, over this library's layers."""

from typing import Any

import keras
from keras import ops

from baselines.compat.bert4keras.formulas import apply_rotary_position_embeddings, attention_normalize
from baselines.compat.bert4keras.layer_parts import Layer, serialized
from baselines.compat.bert4keras.norm_layers import ScaleOffset
from baselines.layers import feed_forward, multi_head_attention
from baselines.layers.variance_scaling import fresh_initializer


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class MultiHeadAttention(multi_head_attention.MultiHeadAttention):
    """Called on [query, key, value, bias if a_bias, positions if p_bias]; the layers inside are our own attention's.

    p_bias   "rotary", "typical_relative" or "t5_relative"
    """

    def __init__(
        self, heads: int, head_size: int, out_dim: int | None = None, key_size: int | None = None, use_bias: bool = True,
        normalization: str = "softmax", attention_scale: bool = True, attention_dropout: float | None = None,
        return_attention_scores: bool = False, kernel_initializer: Any = "glorot_uniform", **kwargs: Any,
    ):  # fmt: skip
        kernel_initializer = keras.initializers.get(kernel_initializer)
        super().__init__(
            heads, head_size, out_dim or heads * head_size, key_size, attention_dropout or 0.0,
            return_scores=return_attention_scores, use_bias=use_bias, kernel_initializer=kernel_initializer, **kwargs,
        )  # fmt: skip
        self.heads, self.out_dim, self.normalization = heads, self.hidden_size, normalization
        self.attention_scale, self.attention_dropout = attention_scale, attention_dropout
        self.return_attention_scores = return_attention_scores

    def build(self, input_shape: Any) -> None:
        for dense, shape in zip((self.query_dense, self.key_dense, self.value_dense), input_shape, strict=False):
            dense.build(shape)
        self.output_dense.build((*input_shape[0][:-1], self.heads * self.head_size))

    def call(self, inputs: Any, mask: Any = None, a_bias: Any = None, p_bias: Any = None, training: bool | None = None) -> Any:
        qkv = [
            ops.reshape(dense(x), (-1, ops.shape(x)[1], self.heads, size))
            for dense, x, size in zip(
                (self.query_dense, self.key_dense, self.value_dense), inputs, (self.key_size, self.key_size, self.head_size),
                strict=False,
            )
        ]  # fmt: skip
        masks = [None, None] if mask is None else [mask[0], mask[2]]
        self.training_now = training
        mean, scores = self.pay_attention_to([*qkv, *inputs[3:]], masks, a_bias=a_bias, p_bias=p_bias)
        merged = self.merge(mean)
        return [merged, scores] if self.return_attention_scores else merged

    def pay_attention_to(self, inputs: list, mask: Any = None, a_bias: Any = None, p_bias: Any = None) -> tuple:
        """(mean of the values (B, Q, H, V), scores (B, H, Q, L)) of projected queries, keys, values and further inputs."""
        (query, key, value), others = inputs[:3], list(inputs[3:])
        bias = others.pop(0) if a_bias else None
        if p_bias == "rotary":
            query, key = apply_rotary_position_embeddings(others[0], query, key)
        scores = ops.einsum("bjhd,bkhd->bhjk", query, key)
        if p_bias == "typical_relative":
            scores = scores + ops.einsum("bjhd,jkd->bhjk", query, others[0])
        elif p_bias == "t5_relative":
            scores = scores + ops.transpose(others[0], (2, 0, 1))[None]
        if self.attention_scale:
            scores = scores / self.key_size**0.5
        if bias is not None and len(bias.shape) == 3:
            bias = bias[:, None]
        weights = self.dropout(
            attention_normalize(scores, mask[1], -1, self.normalization, bias), training=self.training_now
        )
        mean = ops.einsum("bhjk,bkhd->bjhd", weights, value)
        if p_bias == "typical_relative":
            mean = mean + ops.einsum("bhjk,jkd->bjhd", weights, others[0])
        return mean, scores

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        merged = keras.KerasTensor((*inputs[0].shape[:-1], self.out_dim), self.compute_dtype)
        if not self.return_attention_scores:
            return merged
        shape = (inputs[0].shape[0], self.heads, inputs[0].shape[1], inputs[1].shape[1])
        return [merged, keras.KerasTensor(shape, self.compute_dtype)]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        first = None if mask is None else mask[0]
        return [first, None] if self.return_attention_scores else first

    def get_config(self) -> dict:
        return {
            **keras.layers.Layer.get_config(self), "heads": self.heads, "head_size": self.head_size, "out_dim": self.out_dim,
            "key_size": self.key_size, "use_bias": self.use_bias, "normalization": self.normalization,
            "attention_scale": self.attention_scale, "attention_dropout": self.attention_dropout,
            "return_attention_scores": self.return_attention_scores, "kernel_initializer": serialized(self.kernel_initializer),
        }  # fmt: skip


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class GatedAttentionUnit(Layer):
    """Attention and feed-forward in one: arXiv:2202.10447. Called on x, or on [x, bias if a_bias, positions if p_bias]."""

    def __init__(
        self, units: int, key_size: int, activation: Any = "swish", use_bias: bool = True, normalization: str = "squared_relu",
        self_attention: bool = True, attention_scale: bool = True, attention_dropout: float | None = None,
        kernel_initializer: Any = "glorot_uniform", **kwargs: Any,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.units, self.key_size, self.use_bias, self.normalization = units, key_size, use_bias, normalization
        self.activation = keras.activations.get(activation)
        self.self_attention, self.attention_scale, self.attention_dropout = self_attention, attention_scale, attention_dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.dropout = keras.layers.Dropout(attention_dropout or 0.0)

    def build(self, input_shape: Any) -> None:
        shapes = input_shape if isinstance(input_shape[0], (list, tuple)) else [input_shape]
        if self.self_attention:
            self.i_dense = self._dense(2 * self.units + self.key_size, "i_dense", shapes[0])
            for name in ("q_scaleoffset", "k_scaleoffset"):
                layer = ScaleOffset(offset=self.use_bias, name=name)
                setattr(self, name, layer)
                layer.build((*shapes[0][:-1], self.key_size))
        else:
            self.uq_dense = self._dense(self.units + self.key_size, "uq_dense", shapes[0])
            self.k_dense = self._dense(self.key_size, "k_dense", shapes[1])
            self.v_dense = self._dense(self.units, "v_dense", shapes[2])
        self.o_dense = self._dense(shapes[0][-1], "o_dense", (*shapes[0][:-1], self.units), activation=None)

    def _dense(self, units, name, shape, activation=True):
        dense = keras.layers.Dense(
            units, self.activation if activation else None, use_bias=self.use_bias, name=name,
            kernel_initializer=fresh_initializer(self.kernel_initializer, 0.02),
        )  # fmt: skip
        dense.build(shape)
        return dense

    def call(self, inputs: Any, mask: Any = None, a_bias: Any = None, p_bias: Any = None, training: bool | None = None) -> Any:
        if not isinstance(inputs, (list, tuple)):
            inputs, mask = [inputs], [mask]
        count = 1 if self.self_attention else 3
        tensors, others = inputs[:count], list(inputs[count:])
        bias = others.pop(0) if a_bias else None
        if self.self_attention:
            both = self.i_dense(tensors[0])
            u, v, shared = both[..., : self.units], both[..., self.units : 2 * self.units], both[..., 2 * self.units :]
            query, key = self.q_scaleoffset(shared), self.k_scaleoffset(shared)
        else:
            both = self.uq_dense(tensors[0])
            u, query = both[..., : self.units], both[..., self.units :]
            key, v = self.k_dense(tensors[1]), self.v_dense(tensors[2])
        if p_bias == "rotary":
            query, key = apply_rotary_position_embeddings(others[0], query, key)
        scores = ops.einsum("bmd,bnd->bmn", query, key)
        if self.attention_scale:
            scores = scores / self.key_size**0.5
        weights = attention_normalize(scores, None if mask is None else mask[0], -1, self.normalization, bias)
        weights = self.dropout(weights, training=training)
        return self.o_dense(u * ops.einsum("bmn,bnd->bmd", weights, v))

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        first = inputs[0] if isinstance(inputs, (list, tuple)) else inputs
        return keras.KerasTensor(first.shape, self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask[0] if isinstance(mask, (list, tuple)) else mask

    def get_config(self) -> dict:
        return {
            **super().get_config(), "units": self.units, "key_size": self.key_size, "use_bias": self.use_bias,
            "activation": keras.activations.serialize(self.activation), "normalization": self.normalization,
            "self_attention": self.self_attention, "attention_scale": self.attention_scale,
            "attention_dropout": self.attention_dropout, "kernel_initializer": serialized(self.kernel_initializer),
        }  # fmt: skip


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class FeedForward(Layer):
    """Our feed-forward; a list of activations makes it a gated linear unit."""

    def __init__(
        self, units: int, activation: Any = "relu", use_bias: bool = True, kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):  # fmt: skip
        super().__init__(**kwargs)
        names = activation if isinstance(activation, list) else [activation]
        if len(names) > 2:
            raise ValueError(f"FeedForward: {len(names)} activations, but a gated linear unit has two. Give at most two.")
        self.units, self.use_bias = units, use_bias
        self.activation = [keras.activations.get(name) for name in names]
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Any) -> None:
        act, *gate = self.activation
        self.ours = feed_forward.FeedForward(
            self.units, input_shape[-1], act, kernel_initializer=self.kernel_initializer, use_bias=self.use_bias,
            gate_act=gate[0] if gate else None, name="ours",
        )  # fmt: skip
        self.ours.build(input_shape)

    def call(self, inputs: Any) -> Any:
        return self.ours(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict:
        return {
            **super().get_config(), "units": self.units, "use_bias": self.use_bias,
            "activation": [keras.activations.serialize(each) for each in self.activation],
            "kernel_initializer": serialized(self.kernel_initializer),
        }  # fmt: skip
