"""What a head may take from an encoder that reads from left to right, as GPT2 does: only its last token has seen the whole text."""

import typing
from typing import Any

from baselines.errors import InputError

if typing.TYPE_CHECKING:
    import keras

    from baselines.layers.attention_mask import AttentionMask
    from baselines.layers.on_lstm import OrderedNeuronLSTM


def causal_mask(encoder: "keras.Model") -> "AttentionMask | OrderedNeuronLSTM | None":
    """The layer by which a token sees only what is before it; None in an encoder whose tokens see more."""
    from baselines.layers.attention_mask import AttentionMask
    from baselines.layers.on_lstm import OrderedNeuronLSTM

    kinds = (AttentionMask, OrderedNeuronLSTM)
    return next((layer for layer in encoder.layers if isinstance(layer, kinds) and layer.mask == "causal"), None)


def text_vector(encoder: "keras.Model", hidden_states: Any = None, token_ids: Any = None) -> Any:
    """The vector of a row: that of its first token, [CLS], or from left to right that of its last one.

    Args:
        encoder: The encoder.
        hidden_states: float (B, L, D); None for the encoder's output.
        token_ids: int32 (B, L); None for the encoder's input.

    Returns:
        float (B, D).
    """
    hidden_states = encoder.output["hidden_states"] if hidden_states is None else hidden_states
    mask = causal_mask(encoder)
    if mask is None:
        return hidden_states[:, 0]
    from baselines.layers.masked_pooling import LastToken

    token_ids = encoder.input["token_ids"] if token_ids is None else token_ids
    return LastToken(mask.pad_token_id, name="Last-Token")(hidden_states, token_ids)


def require_both_sides(encoder: "keras.Model", need: str) -> None:
    """Raises InputError, which begins with `need`, for a decoder, and an encoder whose tokens do not see what follows them."""
    if "decoder_token_ids" in encoder.input:
        raise InputError(f"{need}, but {encoder.name} writes with a decoder. Choose an encoder such as bert, nezha or roformer.")
    if causal_mask(encoder) is not None:
        raise InputError(
            f"{need}, but {encoder.name} reads from left to right. Choose an encoder such as bert, nezha or roformer."
        )
