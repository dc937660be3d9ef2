"""Parts of families with an encoder, which reads a source, and a decoder, which writes a target: T5, BART.

inputs     token_ids int32 (B, L), the source; decoder_token_ids int32 (B, T), the target shifted right: start a b -> a b end
outputs    hidden_states (B, T, D) of the decoder, encoder_hidden_states (B, L, D), with with_mlm "mlm" float32 (B, T, V)

With mask="bidirectional" and without a head, the model is the encoder alone: token_ids -> hidden_states (B, L, D). The masks
"causal" and "prefix" both mean the whole model: a decoder always sees the whole source and none of the target's future.
"""

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers

from baselines.errors import InputError, nearest
from baselines.layers.attention_mask import MASKS, AttentionMask
from baselines.layers.cross_attention import MultiHeadCrossAttention, SourceMask
from baselines.models import encoder, initialization, options, residual
from baselines.models.config import Config
from baselines.models.style import Style

SOURCE, TARGET = "token_ids", "decoder_token_ids"
FREE = ("fused_attention", "initializer")
"""Options of the builder that these families have too."""
UNUSED = ("residual_attention_scores", "hierarchical_position")


def decoder_start(config: Config) -> tuple[int, ...]:
    """Ids that every target follows. Raises InputError where neither the configuration nor a tokenizer has given them."""
    ids = (config.option("decoder_start_token_id"), config.option("forced_bos_token_id"))
    if ids[0] is None:
        raise InputError(f"config: {config.model_type} needs decoder_start_token_id to write. Add it to config.json.")
    return tuple(i for i in ids if i is not None)


def is_whole(config: Config, mask: str, heads: Mapping[str, bool | str]) -> bool:
    """Whether the decoder is asked for too.

    Raises:
        InputError: The configuration has an option, or a task asks for a head, that such a family lacks.
        ValueError: `mask` is unknown.
    """
    if mask not in MASKS:
        raise ValueError(f"unknown mask={mask!r}. Choose one of {', '.join(MASKS)}. {nearest(str(mask), MASKS)}")
    name = config.model_type
    if mask == "prefix_length":
        raise InputError(f"{name} has an encoder and a decoder: mask=prefix_length does not apply. Use mask=prefix.")
    if heads.get("with_pool") or heads.get("with_nsp"):
        raise InputError(f"{name} has no pooler and no next-sentence head. Choose a BERT checkpoint.")
    usual = {key: value for key, value in options.USUAL.items() if key not in FREE} | dict.fromkeys(UNUSED)
    for key, value in usual.items():
        if (getattr(config, key) or None) != value:
            raise InputError(f"config: {name} has no option {key}, but it is {getattr(config, key)!r}. Leave it out.")
    return bool(heads.get("with_mlm")) or mask != "bidirectional"


def inputs(whole: bool) -> dict[str, Any]:
    """{name: int32 (B, length)} of the model."""
    names = (SOURCE, TARGET) if whole else (SOURCE,)
    return {name: keras.Input((None,), dtype="int32", name=name) for name in names}


def attention_mask(token_ids: Any, side: str, config: Config) -> Any:
    """The mask of self-attention, bool (B, 1, 1 or T, T). side   Encoder, or Decoder, which is causal."""
    mask = "bidirectional" if side == "Encoder" else "causal"
    return AttentionMask(mask, config.pad_token_id, name=f"{side}-Attention-Mask")(token_ids)


def source_mask(token_ids: Any, config: Config) -> Any:
    """The mask of cross-attention, bool (B, 1, 1, L)."""
    return SourceMask(pad_token_id=config.pad_token_id, name="Attention-Source-Mask")(token_ids)


def encode(x: Any, mask: Any, config: Config, style: Style, **position: Any) -> Any:
    """All blocks of the encoder: (B, L, D) -> (B, L, D)."""
    for index in range(config.num_hidden_layers):
        x, _ = encoder.block(x, f"Encoder-Transformer-{index}-", mask, config, style, **position)
    return x


def decode(
    x: Any, mask: Any, context: Any, context_mask: Any, config: Config, style: Style, position: dict, cross_position: dict
) -> Any:
    """All blocks of the decoder: self-attention, cross-attention, feed-forward. (B, T, D) -> (B, T, D).

    Args:
        x: Embedded target, (B, T, D).
        mask: See `attention_mask`.
        context: Output of the encoder, (B, L, D).
        context_mask: See `source_mask`.
        config: Of the decoder, which may differ from that of the encoder.
        style: Of the family.
        position: Further arguments of self-attention.
        cross_position: Further arguments of cross-attention.
    """
    for index in range(config.num_hidden_layers):
        prefix = f"Decoder-Transformer-{index}-"
        for part, layer, arguments in (
            ("MultiHeadSelfAttention", encoder.attention, {"attention_mask": mask, **position}),
            ("MultiHeadCrossAttention", cross_attention, {"context": context, "attention_mask": context_mask, **cross_position}),
            ("FeedForward", encoder.feed_forward, {}),
        ):
            name = prefix + part
            y = layer(config, name, style)(residual.branch_input(x, name, config, style), **arguments)
            x = residual.add_branch(x, y, name, config, style)
    return x


def cross_attention(config: Config, name: str, style: Style) -> layers.Layer:
    """The cross-attention layer of a decoder's block."""
    return style.layer(
        MultiHeadCrossAttention,
        name,
        config.num_attention_heads,
        config.attention_head_size,
        config.hidden_size,
        key_size=config.attention_key_size,
        dropout_rate=config.attention_probs_dropout_prob,
        initializer_range=config.initializer_range,
        scale=config.attention_scale,
        fused=config.fused_attention,
        kernel_initializer=initialization.kernel(config),
        use_bias=style.use_bias,
    )


def outputs(x: Any, context: Any, logits: Any, with_mlm: bool | str) -> dict[str, Any]:
    """The outputs of the whole model. logits   float (B, T, V), or None without the head."""
    result = {"hidden_states": x, "encoder_hidden_states": context}
    if with_mlm:
        activation = "softmax" if with_mlm is True else with_mlm
        result["mlm"] = layers.Activation(activation, dtype="float32", name="Decoder-Output-LM-Activation")(logits)
    return result
