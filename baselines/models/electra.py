"""ELECTRA: BERT trained to tell replaced tokens from original ones. Clark et al., 2020, arXiv:2003.10555.

A discriminator's checkpoint has the discriminator head, the small generator's the MLM head; the pooler is nobody's.
"""

from typing import Any

import keras

from baselines.layers.activation import activation
from baselines.models import encoder, masks, names
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "electra", "architectures": ["ElectraModel"]}
EPSILON = 1e-12
MAPPING = "embeddings_project"


def build(config: Config, mask: str = "bidirectional", with_discriminator: bool | str = False, **heads: bool | str) -> keras.Model:
    """As bert.build.

    Args:
        config: Sizes and options.
        mask: See masks.py.
        with_discriminator: Adds the output "discriminator" float32 (B, L): the probability that a token was replaced. True, or the
            name of the activation: "linear" for logits.
        **heads: with_pool, with_nsp, with_mlm, see encoder.outputs. The generator's MLM head.
    """
    style = Style(config.layer_norm_eps or EPSILON)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.embed(inputs, table, config, style, absolute_positions=True)
    x = encoder.blocks(x, masks.attention_mask(config, mask, inputs), config, style)
    outputs = encoder.outputs(x, table, config, mlm_head=mlm_logits, **heads)
    if with_discriminator:
        outputs["discriminator"] = discriminator(x, config, "sigmoid" if with_discriminator is True else with_discriminator)
    return keras.Model(inputs, outputs, name="electra")


def mlm_logits(x: Any, table: Any, config: Config) -> Any:
    """BERT's head, with the exact GELU whatever the blocks have: (B, L, D) -> (B, L, V)."""
    return encoder.mlm_logits(x, table, config, hidden_act="gelu")


def discriminator(x: Any, config: Config, final: str) -> Any:
    """(B, L, D) -> float32 (B, L)."""
    y = encoder.dense(config.hidden_size, config, "Discriminator-Dense", activation=activation(config.hidden_act))(x)
    y = encoder.dense(1, config, "Discriminator-Prediction", activation=final, dtype="float32")(y)
    return keras.layers.Reshape((-1,), name="Discriminator-Output")(y)


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config, positions=config.max_position_embeddings)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    ours = names.encoder_names(config, prefix="electra", absolute_positions=True)
    google = {"bert/encoder/embedding_hidden_mapping_in": f"electra/{MAPPING}", "^bert/": "electra/",
              "cls/predictions/transform/": "generator_predictions/", "cls/predictions/": "generator_predictions/"}  # fmt: skip
    hugging_face = {r"cls\.predictions\.transform": "generator_predictions", r"cls\.predictions\.bias": "generator_lm_head.bias"}
    head = "discriminator_predictions"
    return names.renamed(ours, google, hugging_face) | names.as_names({
        **names.dense("Discriminator-Dense", f"{head}/dense"),
        **names.dense("Discriminator-Prediction", f"{head}/dense_1", f"{head}/dense_prediction"),
    })  # fmt: skip
