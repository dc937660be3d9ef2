"""What a script may change inside a model of this library: masks that travel on, its own biases, conditional norms, positions."""

import types
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.bert4keras.masking import token_mask
from baselines.compat.bert4keras.norm_layers import LayerNormalization as ConditionalNorm
from baselines.compat.keras2.recorded import recorded
from baselines.layers.attention_mask import AttentionMask
from baselines.layers.layer_normalization import LayerNormalization
from baselines.layers.multi_head_attention import MultiHeadAttention


@keras.saving.register_keras_serializable(package="baselines")
class TokenMask(keras.layers.Layer):
    """[embeddings, token ids] -> the embeddings, which carry a mask from here on: 1 = a token, the first one always."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs[0]

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor(inputs[0].shape, inputs[0].dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return token_mask(inputs[1])


@recorded
def joined_mask(mask: Any, bias: Any) -> Any:
    """An attention mask (B, 1, 1 or L, L) together with a boolean one (L, L), (B, L, L) or (B, H, L, L)."""
    bias = ops.cast(bias, "bool")
    rank = len(bias.shape)
    bias = bias[None, None] if rank == 2 else bias[:, None] if rank == 3 else bias
    return ops.logical_and(mask, bias)


@recorded
def wide_bias(bias: Any) -> Any:
    """A bias (L, L) or (B, L, L) as one of heads."""
    return bias[None, None] if len(bias.shape) == 2 else bias[:, None] if len(bias.shape) == 3 else bias


@recorded
def rotary_of(sinusoidal: Any) -> Any:
    """bert4keras' sinusoidal positions (B, L, K) as our cosines and sines (2, B, L, K)."""
    return ops.stack([ops.repeat(sinusoidal[..., 1::2], 2, axis=-1), ops.repeat(sinusoidal[..., ::2], 2, axis=-1)])


@keras.saving.register_keras_serializable(package="baselines")
class GivenPositions(keras.layers.Layer):
    """A layer of positions, called on positions that a script gives: inner(x) with `position_ids` int32 (B, L)."""

    def __init__(self, inner: Any, **options: Any):
        super().__init__(**options)
        self.inner = inner

    def call(self, x: Any, position_ids: Any) -> Any:
        step = types.SimpleNamespace(positions=position_ids, slot_positions=position_ids)
        return self.inner.decode_step(step, x)

    def compute_output_spec(self, x: Any, position_ids: Any) -> Any:
        return keras.Operation.compute_output_spec(self, x, position_ids)


class Hook:
    """Calls the operations of a Transformer's graph, some of them in another way.

    transformer   the Transformer, with what its script asked for
    """

    def __init__(self, transformer: Any):
        self.transformer = transformer
        self.norms = []

    def __call__(self, operation: Any, name: str, args: tuple, kwargs: dict) -> Any:
        owner = self.transformer
        owner.layers.setdefault(owner.prefixed(name), operation)
        if isinstance(operation, LayerNormalization) and owner.layer_norm_conds[0] is not None:
            return self.conditional(operation, name)([args[0], owner.layer_norm_conds[0]])
        if name == "Embedding-Segment" and owner.shared_segment_embeddings:
            return owner.layers[owner.prefixed("Embedding-Token")](*args)
        if owner.position_ids is not None and hasattr(operation, "decode_step") and not isinstance(operation, AttentionMask):
            return GivenPositions(operation, name=f"{operation.name}-Given")(args[0], owner.position_ids)
        if isinstance(operation, MultiHeadAttention):
            kwargs = self.biased(kwargs)
        if name in ("Embedding-Token", "Discriminator-Output"):
            operation.supports_masking = True                           # or Keras warns that it drops the mask of the head's input
        outputs = operation(*args, **kwargs)
        if name == "Embedding-Token" and kwargs.get("reverse"):
            return TokenMask(name=f"{operation.name}-Dense-Mask")([outputs, owner.token_ids])
        if name == "Embedding-Token" and args[0] is owner.token_ids:
            outputs._keras_mask = token_mask(owner.token_ids)           # for `get_layer("Embedding-Token").output_mask`
            return TokenMask(name=f"{operation.name}-Mask")([outputs, owner.token_ids])
        return outputs

    def biased(self, kwargs: dict) -> dict:
        """The arguments of an attention layer, with a subclass's own mask, bias and positions."""
        owner, kwargs = self.transformer, dict(kwargs)
        bias = owner.compute_attention_bias(owner.index)
        if bias is not None and bias.dtype == "bool":
            kwargs["attention_mask"] = joined_mask(kwargs["attention_mask"], bias)
        elif bias is not None:
            kwargs["previous_scores"] = wide_bias(bias)
        position = owner.compute_position_bias(owner.index)
        if position is not None:
            kwargs |= {"rotary": rotary_of(position)} if "rotary" in kwargs else {"relative": position}
        return kwargs

    def conditional(self, norm: Any, name: str) -> Any:
        """The conditional norm that takes the place of a norm, with its weights."""
        owner = self.transformer
        key = owner.prefixed(name)
        if not isinstance(owner.layers[key], ConditionalNorm):
            _, hidden_units, hidden_act = owner.layer_norm_conds
            replaced = ConditionalNorm(
                conditional=True, epsilon=norm.epsilon, hidden_units=hidden_units, hidden_activation=hidden_act,
                hidden_initializer=owner.initializer, name=key,
            )  # fmt: skip
            owner.layers[key] = replaced
            self.norms.append((norm, replaced))
        return owner.layers[key]

    def copy_norms(self) -> None:
        """Gives conditional norms the weights that were loaded."""
        for norm, replaced in self.norms:
            for weight in ("gamma", "beta"):
                if getattr(norm, weight, None) is not None:
                    getattr(replaced, weight).assign(np.asarray(ops.convert_to_numpy(getattr(norm, weight))))
