"""RoFormer: BERT with rotary positions. Su et al., 2021, arXiv:2104.09864. No length limit."""

import keras

from baselines.models import encoder, masks, names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "roformer", "architectures": ["RoFormerModel"], "rotary_value": False}
EPSILON = 1e-7


def read_config(values: dict) -> dict:
    """The fields; `norm_type: rms_norm` of junnyu's conversions means RoFormerV2."""
    return {**values, "model_type": "roformer_v2"} if values.get("norm_type") == "rms_norm" else values


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build. Raises InputError if attention_key_size is odd."""
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.embed(inputs, table, config, style)
    attention_mask = masks.attention_mask(config, mask, inputs)
    x = encoder.blocks(x, attention_mask, config, style, rotary=encoder.rotary(inputs, config))
    return keras.Model(inputs, encoder.outputs(x, table, config, **heads), name="roformer")


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    return names.encoder_names(config, prefix="roformer")
