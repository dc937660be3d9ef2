"""BART, such as the Chinese ones of fnlp and UER with BERT's tokenizer: encoder and decoder. Lewis et al., 2019, arXiv:1910.13461.

Norms stand behind the residual sums, as in BERT. Positions are trained, with two unused rows before the first. The token table is
that of both sides and of the logits, to which a fixed bias is added.
"""

import dataclasses
from typing import Any

import keras
from keras import layers

from baselines.errors import InputError
from baselines.layers.bias import Bias
from baselines.layers.dropout import Dropout
from baselines.layers.position_embedding import PositionEmbedding
from baselines.models import encoder, encoder_decoder, initialization
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer, with_decoder
from baselines.models.style import Style
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "bart", "architectures": ["BartForConditionalGeneration"], "is_encoder_decoder": True}
EPSILON = 1e-5
ENCODER_DECODER = True
CONFIG_NAMES = {
    "d_model": "hidden_size", "encoder_layers": "num_hidden_layers", "encoder_attention_heads": "num_attention_heads",
    "encoder_ffn_dim": "intermediate_size", "activation_function": "hidden_act", "dropout": "hidden_dropout_prob",
    "attention_dropout": "attention_probs_dropout_prob", "init_std": "initializer_range",
}  # fmt: skip
DEFAULTS = {"max_position_embeddings": 1024, "attention_probs_dropout_prob": 0.0, "type_vocab_size": 0}
OPTIONS = {
    "decoder_layers": ("size", None),
    "decoder_attention_heads": ("size", None),
    "decoder_ffn_dim": ("size", None),
    "scale_embedding": ("flag", False),
    "decoder_start_token_id": ("count", None),
    "forced_bos_token_id": ("count", None),
    "bos_token_id": ("count", None),
    "eos_token_id": ("count", None),
    "forced_eos_token_id": ("count", None),
}
UNUSED_POSITIONS = 2
REFUSED = ("normalize_before", "add_final_layer_norm", "static_position_embeddings")
"""Fields of relatives that compute something else, such as mBART."""
PROJECTIONS = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "output": "out_proj"}


def read_config(given: dict[str, Any]) -> dict[str, Any]:
    """The same, without segments. Raises InputError for a relative of BART."""
    for name in REFUSED:
        if given.get(name):
            raise InputError(f"config: {name}=true is not BART's layout. Choose a BART checkpoint.")
    return given | {"type_vocab_size": 0}


def write_config(values: dict[str, Any], config: Config) -> dict[str, Any]:
    """As Hugging Face's BartConfig reads it."""
    decoder = decoder_config(config)
    values |= {"decoder_layers": decoder.num_hidden_layers, "decoder_attention_heads": decoder.num_attention_heads}
    values["decoder_ffn_dim"] = decoder.intermediate_size
    return {name: value for name, value in values.items() if value is not None}


def for_tokenizer(config: Config, tokenizer: Any) -> Config:
    """The configuration with the tokenizer's special tokens: a target follows [SEP] [CLS], or [CLS] in those that begin with it."""
    end = tokenizer.vocabulary.sep_id
    start = config.option("decoder_start_token_id")
    start = end if start is None else start
    first = tokenizer.start_ids[0] if start == end and tokenizer.start_ids else None
    ids = {"decoder_start_token_id": start, "forced_bos_token_id": first, "eos_token_id": end, "forced_eos_token_id": end}
    if tokenizer.start_ids:
        ids["bos_token_id"] = tokenizer.start_ids[0]
    return dataclasses.replace(config, family_options=config.family_options | ids)


def max_length(config: Config) -> int:
    """Tokens of a source, and of a target."""
    return config.max_position_embeddings


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """The model of a configuration; see encoder_decoder.py for its inputs and outputs.

    Args:
        config: Sizes and options.
        mask: bidirectional: the encoder alone, unless there is a head. prefix, causal: the whole model.
        **heads: with_mlm, the scores of the next token.

    Raises:
        InputError: The configuration has an option, or a task asks for a head, that BART lacks.
        ValueError: `mask` is unknown.
    """
    whole = encoder_decoder.is_whole(config, mask, heads)
    if config.embedding_size != config.hidden_size:
        raise InputError(
            f"model=bart: embedding_size is {config.embedding_size}, hidden_size {config.hidden_size}. "
            "Leave embedding_size out: the output layer is the token embedding."
        )
    inputs = encoder_decoder.inputs(whole)
    style = Style(config.layer_norm_eps or EPSILON)
    table = encoder.token_embedding(config)

    token_ids = inputs[encoder_decoder.SOURCE]
    mask = encoder_decoder.attention_mask(token_ids, "Encoder", config)
    context = encoder_decoder.encode(embed(token_ids, table, "Encoder", config, style), mask, config, style)
    if not whole:
        return keras.Model(inputs, {"hidden_states": context}, name="bart")

    target_ids = inputs[encoder_decoder.TARGET]
    mask = encoder_decoder.attention_mask(target_ids, "Decoder", config)
    source_mask = encoder_decoder.source_mask(token_ids, config)
    x = embed(target_ids, table, "Decoder", config, style)
    x = encoder_decoder.decode(x, mask, context, source_mask, decoder_config(config), style, {}, {})
    with_mlm, logits = heads.get("with_mlm", False), None
    if with_mlm:
        logits = Bias(rank=2, trainable=False, name="Decoder-Output-Bias")(table(x, reverse=True))
    return keras.Model(inputs, encoder_decoder.outputs(x, context, logits, with_mlm), name="bart")


def sizes(config: Config) -> Sizes:
    """How large the whole model is."""
    d, rows = config.hidden_size, config.max_position_embeddings + UNUSED_POSITIONS
    encoder_sizes = transformer(config, positions=2 * rows, other_tables=2 * d)
    decoder = transformer(dataclasses.replace(decoder_config(config), vocab_size=0), embedding_norm=0)
    return with_decoder(encoder_sizes, decoder, cross=4 * d * d + 4 * d + 2 * d)


def decoder_config(config: Config) -> Config:
    """The configuration of the decoder."""
    heads = config.option("decoder_attention_heads") or config.num_attention_heads
    if config.hidden_size % heads:
        raise InputError(
            f"config: hidden_size {config.hidden_size} is no multiple of decoder_attention_heads={heads}. Correct the config."
        )
    return dataclasses.replace(
        config,
        num_hidden_layers=config.option("decoder_layers") or config.num_hidden_layers,
        num_attention_heads=heads,
        attention_head_size=config.hidden_size // heads,
        attention_key_size=config.hidden_size // heads,
        intermediate_size=config.option("decoder_ffn_dim") or config.intermediate_size,
    )


def embed(token_ids: Any, table: Any, side: str, config: Config, style: Style) -> Any:
    """Token and position embeddings, normalized: (B, L) -> (B, L, D)."""
    x = table(token_ids)
    if config.option("scale_embedding"):
        x = layers.Rescaling(config.embedding_size**0.5, name=f"{side}-Embedding-Scale")(x)
    x = PositionEmbedding(
        config.max_position_embeddings,
        initializer_range=initialization.table_range(config),
        offset=UNUSED_POSITIONS,
        name=f"{side}-Embedding-Position",
    )(x)
    return Dropout(config.hidden_dropout_prob, name=f"{side}-Embedding-Dropout")(style.norm(x, f"{side}-Embedding-Norm"))


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}. Google published none: a TensorFlow checkpoint has Hugging Face's names, with slashes."""
    names = {"Embedding-Token/embeddings": _name("model.shared.weight")}
    for side, count in (("encoder", config.num_hidden_layers), ("decoder", decoder_config(config).num_hidden_layers)):
        title = side.title()
        names[f"{title}-Embedding-Position/embeddings"] = _name(f"model.{side}.embed_positions.weight")
        names |= _norm(f"{title}-Embedding-Norm", f"model.{side}.layernorm_embedding")
        for index in range(count):
            names |= _block(f"{title}-Transformer-{index}-", f"model.{side}.layers.{index}.", side == "decoder")
    return names | {"Decoder-Output-Bias/bias": dataclasses.replace(_name("final_logits_bias"), optional=True)}


def _block(ours, theirs, is_decoder):
    names, parts = {}, {"MultiHeadSelfAttention": "self_attn"}
    parts |= {"MultiHeadCrossAttention": "encoder_attn"} if is_decoder else {}
    for part, published in parts.items():
        for name, projection in PROJECTIONS.items():
            names |= _dense(f"{ours}{part}/{name}", f"{theirs}{published}.{projection}")
        names |= _norm(f"{ours}{part}-Norm", f"{theirs}{published}_layer_norm")
    names |= _dense(f"{ours}FeedForward/inner", f"{theirs}fc1") | _dense(f"{ours}FeedForward/outer", f"{theirs}fc2")
    return names | _norm(f"{ours}FeedForward-Norm", f"{theirs}final_layer_norm")


def _dense(ours, theirs):
    return {f"{ours}/kernel": _name(f"{theirs}.weight", transposed=True), f"{ours}/bias": _name(f"{theirs}.bias")}


def _norm(ours, theirs):
    return {f"{ours}/gamma": _name(f"{theirs}.weight"), f"{ours}/beta": _name(f"{theirs}.bias")}


def _name(hugging_face, transposed=False):
    return WeightName(hugging_face.replace(".", "/"), hugging_face, transposed)
