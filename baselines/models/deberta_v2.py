"""DeBERTa-v2 and v3: attention to content and distance apart. He et al., 2020, arXiv:2006.03654; 2021, arXiv:2111.09543.

The Chinese checkpoints are Erlangshen's. Embeddings of padding are 0: the convolution that some checkpoints have beside the first
block looks at neighbors.
"""

import dataclasses
from typing import Any

import keras
from keras import layers

from baselines.errors import InputError
from baselines.layers.activation import activation
from baselines.layers.disentangled_attention import KINDS, DisentangledAttention, DistanceBuckets, Table
from baselines.layers.dropout import Dropout
from baselines.layers.token_mask import TokenMask
from baselines.models import deberta_v2_names, encoder, initialization, masks, residual
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style

MODEL_TYPES = ("deberta-v2", "deberta-v3")
DEFAULTS = {"type_vocab_size": 0}
OPTIONS = {
    "relative_attention": ("flag", False),
    "pos_att_type": ("text", ""),
    "position_buckets": ("count", 0),
    "max_relative_positions": ("count", 0),
    "norm_rel_ebd": ("text", "none"),
    "share_att_key": ("flag", False),
    "position_biased_input": ("flag", True),
    "conv_kernel_size": ("count", 0),
    "conv_groups": ("size", 1),
    "conv_act": ("text", "tanh"),
    "pooler_hidden_act": ("text", "gelu"),
    "legacy": ("flag", True),
}
WITHOUT = {
    "attention_kind": "it has no scores to add distances to",
    "attention_scale": "it is that of the three kinds of scores",
    "talking_heads": "scores of distances are not mixed",
    "residual_attention_scores": "scores are content's and distance's",
    "fused_attention": "the kernel has no distances",
}
HUGGING_FACE = {"model_type": "deberta-v2", "architectures": ["DebertaV2Model"]}
EPSILON = 1e-7
weight_names = deberta_v2_names.weight_names


def read_config(values: dict) -> dict:
    """The fields, with kinds as one text and 0 for "not given"."""
    values, kinds = dict(values), values.get("pos_att_type")
    if isinstance(kinds, list):
        values["pos_att_type"] = "|".join(map(str, kinds))
    for name in ("position_buckets", "max_relative_positions"):
        if values.get(name) == -1:
            values[name] = 0
    return values


def write_config(fields: dict, config: Config) -> dict:
    """The fields as transformers reads them."""
    unlimited = {name: fields[name] or -1 for name in ("position_buckets", "max_relative_positions")}
    return fields | unlimited | {"pos_att_type": list(kinds(config)), "pooler_hidden_size": config.hidden_size}


def kinds(config: Config) -> tuple[str, ...]:
    """The kinds of scores beside content to content."""
    return tuple(kind for kind in KINDS if kind in config.option("pos_att_type").lower().split("|"))


def max_length(config: Config) -> int | None:
    """Positions, if they are added to the embeddings."""
    return config.max_position_embeddings if config.option("position_biased_input") else None


def build(
    config: Config, mask: str = "bidirectional", with_pool: bool | str = False, **heads: bool | str
) -> keras.Model:
    """As bert.build; the pooler's activation is the config's. Raises InputError for a mask that the convolution looks behind."""
    if config.option("conv_kernel_size") and mask != "bidirectional":
        raise InputError(
            f"model=deberta_v2: with conv_kernel_size={config.option('conv_kernel_size')} every token sees its neighbors, which "
            f"mask={mask} hides. Use another model."
        )
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = embedded = embed(inputs, table, config, style)
    attention_mask, distances = masks.attention_mask(config, mask, inputs), distance_inputs(inputs, config, style)
    for index in range(config.num_hidden_layers):
        x = block(x, f"Transformer-{index}-", attention_mask, distances, config, style)
        if index == 0 and config.option("conv_kernel_size"):
            x = convolution(embedded, x, inputs, config, style)
    x = residual.final_norm(x, config, style)
    pool = config.option("pooler_hidden_act") if with_pool is True else with_pool
    return keras.Model(inputs, encoder.outputs(x, table, config, with_pool=pool, **heads), name="deberta_v2")


def embed(inputs: dict, table: Any, config: Config, style: Style) -> Any:
    """Embeddings, projected, normalized and 0 on padding: (B, L) -> (B, L, D)."""
    x = encoder.token_and_segment(inputs, table, config)
    if config.option("position_biased_input"):
        x = encoder.position_layer(config)(x)
    if config.embedding_size != config.hidden_size:
        x = encoder.dense(config.hidden_size, config, "Embedding-Mapping", use_bias=False)(x)
    x = style.norm(x, "Embedding-Norm")
    x = TokenMask(config.pad_token_id, name="Embedding-Mask")(x, inputs["token_ids"])
    return Dropout(config.hidden_dropout_prob, name="Embedding-Dropout")(x)


def distance_inputs(inputs: dict, config: Config, style: Style) -> dict:
    """{"rows": int32 (L, L), "table": (T, D)} for every attention; empty without relative attention."""
    if not config.option("relative_attention"):
        return {}
    buckets, distance = config.option("position_buckets"), config.option("max_relative_positions")
    distance = distance or config.max_position_embeddings
    rows = DistanceBuckets(buckets, distance, name="Embedding-Distance-Buckets")(inputs["token_ids"])
    table = Table(2 * (buckets or distance), config.hidden_size, initialization.table_range(config), name="Embedding-Distance")
    vectors = table(inputs["token_ids"])
    if "layer_norm" in config.option("norm_rel_ebd").lower():
        vectors = style.norm(vectors, "Embedding-Distance-Norm")
    return {"rows": rows, "table": Dropout(config.hidden_dropout_prob, name="Embedding-Distance-Dropout")(vectors)}


def block(x: Any, prefix: str, attention_mask: Any, distances: dict, config: Config, style: Style) -> Any:
    """One block: (B, L, D) -> (B, L, D)."""
    name = f"{prefix}MultiHeadSelfAttention"
    y = attention(config, name, style)(residual.branch_input(x, name, config, style), attention_mask=attention_mask, **distances)
    x = residual.add_branch(x, y, name, config, style)
    name = f"{prefix}FeedForward"
    y = encoder.feed_forward(config, name, style)(residual.branch_input(x, name, config, style))
    return residual.add_branch(x, y, name, config, style)


def attention(config: Config, name: str, style: Style) -> layers.Layer:
    """The attention layer of a block."""
    if not config.option("relative_attention"):
        return encoder.attention(config, name, style)
    _, gain = initialization.deepnorm(config)
    return DisentangledAttention(
        config.num_attention_heads,
        config.attention_head_size,
        config.hidden_size,
        key_size=config.attention_key_size,
        dropout_rate=config.attention_probs_dropout_prob,
        initializer_range=config.initializer_range,
        normalization=config.attention_normalization,
        kernel_initializer=initialization.kernel(config),
        value_initializer=initialization.kernel(config, gain) if gain != 1 else None,
        kinds=kinds(config),
        share_projection=config.option("share_att_key"),
        name=name,
    )


def convolution(embedded: Any, x: Any, inputs: dict, config: Config, style: Style) -> Any:
    """The first block's output (B, L, D), with a convolution of the embeddings added and normalized."""
    convolved = layers.Conv1D(
        config.hidden_size,
        config.option("conv_kernel_size"),
        padding="same",
        groups=config.option("conv_groups"),
        kernel_initializer=encoder.table_initializer(config),
        name="Convolution",
    )(embedded)
    y = TokenMask(config.pad_token_id, name="Convolution-Mask")(convolved, inputs["token_ids"])
    y = Dropout(config.hidden_dropout_prob, name="Convolution-Dropout")(y)
    y = layers.Activation(activation(config.option("conv_act")), name="Convolution-Activation")(y)
    x = style.norm(layers.Add(name="Convolution-Add")([x, y]), "Convolution-Norm")
    return TokenMask(config.pad_token_id, name="Convolution-Output-Mask")(x, inputs["token_ids"])


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    d, relative = config.hidden_size, config.option("relative_attention")
    positions = config.max_position_embeddings if config.option("position_biased_input") else 0
    distances = config.option("position_buckets") or config.option("max_relative_positions") or config.max_position_embeddings
    norm = 2 * d * ("layer_norm" in config.option("norm_rel_ebd").lower())
    tables = (2 * distances * d + norm) * relative
    own = (d + 1) * config.num_attention_heads * config.attention_key_size * len(kinds(config))
    inside = own * config.num_hidden_layers * (relative and not config.option("share_att_key"))
    if width := config.option("conv_kernel_size"):
        inside += width * d * d // config.option("conv_groups") + 3 * d
    if config.embedding_size != d:
        tables += 2 * (d - config.embedding_size)                       # the norm stands behind the projection, which has no bias
        inside -= d
    plain = transformer(config, positions=positions, other_inside=inside, other_tables=tables)
    return dataclasses.replace(plain, scores=plain.scores * (1 + len(kinds(config)) * relative))
