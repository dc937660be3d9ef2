"""RoFormerV2: RoFormer without biases, its norms without weights. Su et al., 2022, kexue.fm/archives/8998. No length limit.

Norms divide by the root mean square alone, embeddings are dropped out before theirs, and the MLM head is the table.
"""

from typing import Any

import keras

from baselines.layers.dropout import Dropout
from baselines.models import encoder, masks, names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

DEFAULTS = {"initializer": "roformer_v2"}
HUGGING_FACE = {"model_type": "roformer_v2", "norm_type": "rms_norm"}
EPSILON = 1e-7
NORM = {"zero_mean": False, "scale": False, "center": False}


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build. Raises InputError if attention_key_size is odd."""
    style = Style(config.layer_norm_eps or EPSILON, norm_options=NORM, use_bias=False)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = embed(inputs, table, config, style)
    attention_mask = masks.attention_mask(config, mask, inputs)
    x = encoder.blocks(x, attention_mask, config, style, rotary=encoder.rotary(inputs, config))
    return keras.Model(inputs, encoder.outputs(x, table, config, mlm_head=mlm_logits, **heads), name=config.model_type)


def embed(inputs: dict, table: Any, config: Config, style: Style) -> Any:
    """Sum of token and segment embeddings, dropped out and then normalized: (B, L) -> (B, L, D)."""
    x = encoder.token_and_segment(inputs, table, config)
    x = Dropout(config.hidden_dropout_prob, name="Embedding-Dropout")(x)
    return encoder.to_hidden_size(style.norm(x, "Embedding-Norm"), config, style)


def mlm_logits(x: Any, table: Any, config: Config) -> Any:
    """(B, L, D) -> (B, L, V): the product with the token table."""
    if config.embedding_size != config.hidden_size:
        x = encoder.dense(config.embedding_size, config, "Output-Mapping", use_bias=False)(x)
    return table(Dropout(config.hidden_dropout_prob, name="Output-MLM-Dropout")(x), reverse=True)


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config, norm=0, biases=False)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    ours = names.encoder_names(config, prefix="roformer")
    heads = {path: name for path, name in ours.items() if path.startswith(("Pooler-", "NSP-"))}
    ours |= names.output_mapping(config)
    return {path: name for path, name in ours.items() if without_bias(path)} | heads


def without_bias(path: str) -> bool:
    """Whether a weight of RoFormer is one of RoFormerV2, too."""
    return not path.endswith(("/bias", "/gamma", "/beta")) and not path.startswith("MLM-")
