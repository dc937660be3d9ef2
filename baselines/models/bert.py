"""BERT and Chinese RoBERTa-wwm: trained absolute positions. Devlin et al., 2018, arXiv:1810.04805."""

import keras

from baselines.models import encoder, masks, names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "bert", "architectures": ["BertModel"]}
EPSILON = 1e-12


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """The model of a configuration.

    Args:
        config: Sizes and options.
        mask: See masks.py.
        **heads: with_pool, with_nsp, with_mlm, see encoder.outputs.

    Returns:
        A Keras model with the inputs of masks.token_inputs and the outputs of encoder.outputs.

    Raises:
        ValueError: `mask` is unknown.
    """
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.embed(inputs, table, config, style, absolute_positions=True)
    x = encoder.blocks(x, masks.attention_mask(config, mask, inputs), config, style)
    return keras.Model(inputs, encoder.outputs(x, table, config, **heads), name="bert")


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config, positions=config.max_position_embeddings)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    return names.encoder_names(config, prefix="bert", absolute_positions=True)
