"""RoFormer: BERT with rotary positions. Su et al., 2021, arXiv:2104.09864. No length limit."""

import keras

from baselines.errors import InputError
from baselines.layers.rotary_position import RotaryPosition
from baselines.models import encoder, masks, names
from baselines.models.config import Config
from baselines.models.style import Style
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "roformer", "architectures": ["RoFormerModel"], "rotary_value": False}
EPSILON = 1e-7


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build. Raises InputError if attention_key_size is odd, because columns are rotated in pairs."""
    if config.attention_key_size % 2:
        raise InputError(
            f"model=roformer: attention_key_size is {config.attention_key_size}, but columns are rotated in pairs. "
            "Set it to an even number."
        )
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.embed(inputs, table, config, style)
    rotary = RotaryPosition(config.attention_key_size, name="Embedding-Rotary-Position")(inputs["token_ids"])
    x = encoder.blocks(x, masks.attention_mask(config, mask, inputs), config, style, rotary=rotary)
    return keras.Model(inputs, encoder.outputs(x, table, config, **heads), name="roformer")


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    return names.encoder_names(config, prefix="roformer")
