"""T5 1.0, T5 1.1, mT5 and T5-PEGASUS: an encoder and a decoder with relative positions. Raffel et al., 2019, arXiv:1910.10683.

    version   feed-forward   logits                               model_type
    t5.1.0    relu           by the token table, times 1/sqrt(D)  t5, t5.1.0
    t5.1.1    gated gelu     by a matrix of their own             t5 with tie_word_embeddings=false, t5.1.1
    mt5.1.1   as t5.1.1; Google's names say rms_norm              mt5, mt5.1.1

bert4keras' names (t5.1.0, t5.1.1, mt5.1.1) mean what it computes, with which T5-PEGASUS was trained: logits times 1/sqrt(D) in
every version, and the decoder's relative positions in cross-attention too. `t5` and `mt5` are as published.
"""

import dataclasses
from typing import Any

import keras
from keras import layers

from baselines.layers.dropout import Dropout
from baselines.layers.relative_buckets import RelativePositionBuckets
from baselines.models import encoder, encoder_decoder, t5_names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer, with_decoder
from baselines.models.style import Style
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "is_encoder_decoder": True}
EPSILON = 1e-6
ENCODER_DECODER = True
MODEL_TYPES = {
    "t5": {},
    "mt5": {"version": "mt5.1.1"},
    "t5.1.0": {
        "version": "t5.1.0", "scale_decoder_outputs": True, "cross_position_bias": True, "attention_probs_dropout_prob": 0.0,
    },
    "t5.1.1": {
        "version": "t5.1.1", "scale_decoder_outputs": True, "cross_position_bias": True, "attention_probs_dropout_prob": 0.0,
    },
    "mt5.1.1": {
        "version": "mt5.1.1", "scale_decoder_outputs": True, "cross_position_bias": True, "attention_probs_dropout_prob": 0.0,
    },
}  # fmt: skip
CONFIG_NAMES = {
    "d_model": "hidden_size", "d_ff": "intermediate_size", "d_kv": "attention_head_size", "num_heads": "num_attention_heads",
    "num_layers": "num_hidden_layers", "layer_norm_epsilon": "layer_norm_eps", "dropout_rate": "hidden_dropout_prob",
}  # fmt: skip
OPTIONS = {
    "version": (("t5.1.0", "t5.1.1", "mt5.1.1"), "t5.1.0"),
    "num_decoder_layers": ("size", None),
    "relative_attention_num_buckets": ("size", 32),
    "relative_attention_max_distance": ("size", 128),
    "gate_act": ("text", None),
    "tie_word_embeddings": ("flag", True),
    "scale_decoder_outputs": ("flag", True),
    "cross_position_bias": ("flag", False),
    "decoder_start_token_id": ("count", None),
    "forced_bos_token_id": ("count", None),
    "eos_token_id": ("count", None),
}


def read_config(given: dict[str, Any]) -> dict[str, Any]:
    """What depends on the version, which a T5 of Hugging Face has by how its logits are computed."""
    # transformers 5 saves tie_word_embeddings=true for every T5, and scale_decoder_outputs=false for those with their own matrix.
    tied = given.get("tie_word_embeddings", True) and given.get("scale_decoder_outputs", True)
    version = given.get("version", "t5.1.0" if tied else "t5.1.1")
    published = {
        "version": version,
        "scale_decoder_outputs": version == "t5.1.0",
        "attention_probs_dropout_prob": given.get("hidden_dropout_prob", 0.1),
    }
    hidden_act, gate_act = activations(given)
    own = {"hidden_act": hidden_act, "gate_act": gate_act, "type_vocab_size": 0, "tie_word_embeddings": version == "t5.1.0"}
    return published | given | own


def activations(given: dict[str, Any]) -> tuple[Any, str | None]:
    """(activation, that of the gate or None) of feed_forward_proj, or of hidden_act, which is a list in bert4keras."""
    projection = str(given.get("feed_forward_proj", "relu"))
    hidden_act = "gelu_new" if projection == "gated-gelu" else projection.removeprefix("gated-")
    gate_act = "linear" if projection.startswith("gated-") else None
    hidden_act = given.get("hidden_act", hidden_act)
    if isinstance(hidden_act, list):
        hidden_act, gate_act = (*hidden_act, None)[:2] if hidden_act else ("", None)
    return hidden_act, given.get("gate_act", gate_act)


def write_config(values: dict[str, Any], config: Config) -> dict[str, Any]:
    """As Hugging Face's T5Config and MT5Config read it; the options that they lack are ours alone."""
    gelu = {"gelu": "gelu_python", "gelu_new": "gelu", "gelu_tanh": "gelu"}             # their "gated-gelu" is the approximate one
    gated = config.option("gate_act") is not None
    values["feed_forward_proj"] = f"gated-{gelu.get(config.hidden_act, config.hidden_act)}" if gated else values["hidden_act"]
    values["num_decoder_layers"] = decoder_config(config).num_hidden_layers
    values.setdefault("d_kv", config.attention_head_size)
    if config.option("version") == "mt5.1.1":
        values |= {"model_type": "mt5", "architectures": ["MT5ForConditionalGeneration"]}
    return {name: value for name, value in values.items() if value is not None}


def for_tokenizer(config: Config, tokenizer: Any) -> Config:
    """The configuration with the tokenizer's special tokens: targets follow padding, or [CLS] of a BERT vocabulary (T5-PEGASUS)."""
    start = tokenizer.start_ids[0] if tokenizer.start_ids else tokenizer.vocabulary.pad_id
    ids = {"decoder_start_token_id": start, "eos_token_id": tokenizer.vocabulary.sep_id}
    return dataclasses.replace(config, family_options=config.family_options | ids)


def max_length(config: Config) -> int | None:
    """Relative positions have no limit."""
    return None


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """The model of a configuration; see encoder_decoder.py for its inputs and outputs.

    Args:
        config: Sizes and options.
        mask: bidirectional: the encoder alone, unless there is a head. prefix, causal: the whole model.
        **heads: with_mlm, the scores of the next token.

    Raises:
        InputError: The configuration has an option, or a task asks for a head, that T5 lacks.
        ValueError: `mask` is unknown.
    """
    whole = encoder_decoder.is_whole(config, mask, heads)
    inputs = encoder_decoder.inputs(whole)
    norms = {"zero_mean": False, "center": False}
    style = Style(config.layer_norm_eps or EPSILON, norms, use_bias=False, gate_act=config.option("gate_act"))
    config = dataclasses.replace(config, norm_placement="pre", attention_scale="none")
    table = encoder.token_embedding(config)

    token_ids = inputs[encoder_decoder.SOURCE]
    position = {"bias": relative_positions(config, "Encoder")(token_ids)}
    mask = encoder_decoder.attention_mask(token_ids, "Encoder", config)
    x = encoder_decoder.encode(embed(token_ids, table, "Encoder", config, style), mask, config, style, **position)
    context = finish(x, "Encoder", config, style)
    if not whole:
        return keras.Model(inputs, {"hidden_states": context}, name="t5")

    target_ids = inputs[encoder_decoder.TARGET]
    mask = encoder_decoder.attention_mask(target_ids, "Decoder", config)
    source_mask = encoder_decoder.source_mask(token_ids, config)
    relative = relative_positions(config, "Decoder")
    position, cross = {"bias": relative(target_ids)}, {}
    if config.option("cross_position_bias"):
        cross = {"bias": relative(target_ids, source_mask=source_mask)}
    x = embed(target_ids, table, "Decoder", config, style)
    x = encoder_decoder.decode(x, mask, context, source_mask, decoder_config(config), style, position, cross)
    x = finish(x, "Decoder", config, style)
    with_mlm = heads.get("with_mlm", False)
    logits = scores(x, table, config) if with_mlm else None
    return keras.Model(inputs, encoder_decoder.outputs(x, context, logits, with_mlm), name="t5")


def sizes(config: Config) -> Sizes:
    """How large the whole model is, without a matrix of its own for logits."""
    options = {"norm": 1, "embedding_norm": 0, "biases": False, "gate": config.option("gate_act") is not None}
    pre = dataclasses.replace(config, norm_placement="pre")
    tables = 2 * config.num_attention_heads * config.option("relative_attention_num_buckets")
    decoder = transformer(dataclasses.replace(decoder_config(pre), vocab_size=0), **options)
    units = 2 * config.num_attention_heads * (config.attention_key_size + config.attention_head_size)
    cross = config.hidden_size * units + config.hidden_size
    return with_decoder(transformer(pre, other_tables=tables, **options), decoder, cross)


def decoder_config(config: Config) -> Config:
    """The configuration of the decoder."""
    return dataclasses.replace(config, num_hidden_layers=config.option("num_decoder_layers") or config.num_hidden_layers)


def relative_positions(config: Config, side: str) -> layers.Layer:
    """The table that all blocks of a side share."""
    return RelativePositionBuckets(
        config.num_attention_heads,
        config.option("relative_attention_num_buckets"),
        config.option("relative_attention_max_distance"),
        bidirectional=side == "Encoder",
        initializer_range=config.initializer_range,
        name=f"{side}-Embedding-Relative-Position",
    )


def embed(token_ids: Any, table: Any, side: str, config: Config, style: Style) -> Any:
    """(B, L) -> (B, L, D)."""
    x = Dropout(config.hidden_dropout_prob, name=f"{side}-Embedding-Dropout")(table(token_ids))
    if config.embedding_size != config.hidden_size:
        x = encoder.dense(config.hidden_size, config, f"{side}-Embedding-Mapping")(x)
    return x


def finish(x: Any, side: str, config: Config, style: Style) -> Any:
    """The last norm of a side."""
    return Dropout(config.hidden_dropout_prob, name=f"{side}-Output-Dropout")(style.norm(x, f"{side}-Output-Norm"))


def scores(x: Any, table: Any, config: Config) -> Any:
    """Logits of the next token, (B, T, V)."""
    if config.option("scale_decoder_outputs"):
        x = layers.Rescaling(config.hidden_size**-0.5, name="Decoder-Output-Scale")(x)
    if config.embedding_size != config.hidden_size:
        x = encoder.dense(config.embedding_size, config, "Decoder-Output-Mapping")(x)
    if config.option("tie_word_embeddings"):
        return table(x, reverse=True)
    return encoder.dense(config.vocab_size, config, "Decoder-Output-LM", use_bias=False)(x)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    return t5_names.weight_names(config, decoder_config(config).num_hidden_layers)
