"""ALBERT: one block used many times, and small tables. Lan et al., 2019, arXiv:1909.11942.

`num_hidden_groups` blocks have weights of their own. As many groups as blocks, bert4keras' albert_unshared, is a BERT whose blocks
begin with the same weights.
"""

import dataclasses
from typing import Any

import keras

from baselines.errors import InputError
from baselines.models import encoder, masks, names, residual
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

MODEL_TYPES = ("albert_unshared",)
OPTIONS = {"num_hidden_groups": ("size", 1), "inner_group_num": ("size", 1)}
HUGGING_FACE = {"model_type": "albert", "architectures": ["AlbertModel"]}
EPSILON = 1e-12
SHARED_EPSILON = 1e-7
"""bert4keras' in the shared block."""
GOOGLE = {
    "attention/self/": "attention_1/self/",
    "attention/output/dense": "attention_1/output/dense",
    "attention/output/LayerNorm": "LayerNorm",
    "intermediate/dense": "ffn_1/intermediate/dense",
    "output/dense": "ffn_1/intermediate/output/dense",
    "output/LayerNorm": "LayerNorm_1",
}
"""{part of BERT's block: of the group}."""
HUGGING_FACE_NAMES = {
    r"embeddings_project": "encoder.embedding_hidden_mapping_in",
    r"attention\.self\.": "attention.",
    r"attention\.output\.": "attention.",
    r"intermediate\.dense": "ffn",
    r"output\.dense": "ffn_output",
    r"output\.LayerNorm": "full_layer_layer_norm",
    r"pooler\.dense": "pooler",
    r"cls\.predictions(\.transform)?": "predictions",
    r"cls\.seq_relationship": "sop_classifier.classifier",
}


def read_config(values: dict) -> dict:
    """The fields, with the number of groups that bert4keras' model name means."""
    if values.get("published_type") != "albert_unshared":
        return values
    return {"num_hidden_groups": values.get("num_hidden_layers"), **values}


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build. Raises InputError for groups of several blocks."""
    if config.option("inner_group_num") != 1:
        raise InputError(
            f"model=albert: inner_group_num={config.option('inner_group_num')} is not implemented, only 1. Use another checkpoint."
        )
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.embed(inputs, table, config, style, absolute_positions=True)
    x = blocks(x, masks.attention_mask(config, mask, inputs), config)
    return keras.Model(inputs, encoder.outputs(x, table, config, **heads), name="albert")


def blocks(x: Any, attention_mask: Any, config: Config) -> Any:
    """All blocks, those of a group with the same layers: (B, L, D) -> (B, L, D)."""
    shared = config.option("num_hidden_groups") == 1
    style, scores = Style(config.layer_norm_eps or (SHARED_EPSILON if shared else EPSILON)), None
    for index in range(config.num_hidden_layers):
        prefix = "Transformer-" if shared else f"Transformer-{group(index, config)}-"
        last = not shared and index == config.num_hidden_layers - 1
        x, scores = encoder.block(x, prefix, attention_mask, config, style, scores, last)
    return residual.final_norm(x, config, style)


def group(index: int, config: Config) -> int:
    """The group of a block."""
    return index * config.option("num_hidden_groups") // config.num_hidden_layers


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config, positions=config.max_position_embeddings, distinct_blocks=config.option("num_hidden_groups"))


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}; groups that a file lacks are read from its first one."""
    groups = config.option("num_hidden_groups")
    one_each = dataclasses.replace(config, num_hidden_layers=min(groups, config.num_hidden_layers))
    ours = names.encoder_names(one_each, prefix="albert", absolute_positions=True)
    ours = names.renamed(ours, GOOGLE, HUGGING_FACE_NAMES)
    google = {r"bert/encoder/layer_(\d+)/": r"bert/encoder/transformer/group_\1/inner_group_0/"}
    hugging_face = {r"encoder\.layer\.(\d+)\.": r"encoder.albert_layer_groups.\1.albert_layers.0."}
    ours = names.renamed(ours, google, hugging_face)
    if groups == 1:
        return {path.replace("Transformer-0-", "Transformer-"): name for path, name in ours.items()}
    first = {r"group_\d+": "group_0"}, {r"layer_groups\.\d+": "layer_groups.0"}
    return {
        path: dataclasses.replace(name, also=(other.google, other.hugging_face))
        for (path, name), other in zip(ours.items(), names.renamed(ours, *first).values(), strict=True)
    }
