"""NEZHA: BERT with relative positions in attention. Wei et al., 2019, arXiv:1909.00204.

The distance vectors are fixed sinusoids, added to keys and values. No length limit.
"""

import keras

from baselines.errors import InputError
from baselines.layers.relative_position import RelativePosition
from baselines.models import encoder, masks, names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "nezha", "architectures": ["NezhaModel"], "use_relative_position": True}
EPSILON = 1e-7
WITHOUT = {"attention_kind": "it has no scores to add distances to", "fused_attention": "the kernel has no distances"}


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build. Raises InputError if keys and values differ in size, because they share the distance vectors."""
    if config.attention_key_size != config.attention_head_size or config.attention_key_size % 2:
        raise InputError(
            f"model=nezha: attention_key_size={config.attention_key_size}, attention_head_size={config.attention_head_size}. "
            "Set both to the same even number."
        )
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.embed(inputs, table, config, style)
    relative = RelativePosition(
        config.attention_key_size, config.max_relative_position, name="Embedding-Relative-Position"
    )(inputs["token_ids"])
    x = encoder.blocks(x, masks.attention_mask(config, mask, inputs), config, style, relative=relative)
    return keras.Model(inputs, encoder.outputs(x, table, config, **heads), name="nezha")


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    return names.encoder_names(config, prefix="nezha")
