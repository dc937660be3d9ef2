"""XLM-R, and RoBERTa as fairseq publishes it: BERT that pads with 1 and counts positions from 2.

Conneau et al., 2019, arXiv:1911.02116; Liu et al., 2019, arXiv:1907.11692.
One segment. The Chinese RoBERTa-wwm are BERT (roberta.py): they pad with 0.
"""

from typing import Any

import keras

from baselines.layers.dropout import Dropout
from baselines.layers.padded_position_embedding import PaddedPositionEmbedding
from baselines.models import encoder, initialization, masks, names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

MODEL_TYPES = ("xlm-roberta", "camembert")
DEFAULTS = {"pad_token_id": 1, "type_vocab_size": 1}
OPTIONS = {"published_type": (("xlm-roberta", "roberta", "camembert"), "xlm-roberta")}
WITHOUT = {"hierarchical_position": "it counts positions by the real tokens"}
HUGGING_FACE = {}
ARCHITECTURES = {"xlm-roberta": "XLMRobertaModel", "roberta": "RobertaModel", "camembert": "CamembertModel"}
EPSILON = 1e-5
HEAD = {r"cls\.predictions\.transform\.LayerNorm": "lm_head.layer_norm", r"cls\.predictions\.transform\.dense": "lm_head.dense",
        r"cls\.predictions\.bias": "lm_head.bias"}  # fmt: skip


def read_config(values: dict) -> dict:
    """The fields, with a published type for one that is named as this file is."""
    known, default = OPTIONS["published_type"]
    return values if values.get("published_type") in known else {**values, "published_type": default}


def write_config(fields: dict, config: Config) -> dict:
    """The fields under the model_type of the published file."""
    published = fields.pop("published_type")
    return fields | {"model_type": published, "architectures": [ARCHITECTURES[published]]}


def max_length(config: Config) -> int:
    """The maximum number of tokens: positions begin behind that of padding."""
    return config.max_position_embeddings - config.pad_token_id - 1


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build."""
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.token_and_segment(inputs, table, config)
    x = position_layer(config)(x, inputs["token_ids"])
    x = Dropout(config.hidden_dropout_prob, name="Embedding-Dropout")(style.norm(x, "Embedding-Norm"))
    x = encoder.to_hidden_size(x, config, style)
    x = encoder.blocks(x, masks.attention_mask(config, mask, inputs), config, style)
    return keras.Model(inputs, encoder.outputs(x, table, config, mlm_head=mlm_logits, **heads), name="xlm_roberta")


def position_layer(config: Config) -> keras.Layer:
    return PaddedPositionEmbedding(
        config.max_position_embeddings,
        config.pad_token_id,
        initializer_range=initialization.table_range(config),
        name="Embedding-Position",
    )


def mlm_logits(x: Any, table: Any, config: Config) -> Any:
    """BERT's head, with the exact GELU and the epsilon of the blocks: (B, L, D) -> (B, L, V)."""
    return encoder.mlm_logits(x, table, config, hidden_act="gelu", epsilon=EPSILON)


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config, positions=config.max_position_embeddings)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    return names.renamed(names.encoder_names(config, prefix="roberta", absolute_positions=True), {}, HEAD)
