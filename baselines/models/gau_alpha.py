"""GAU-alpha: RoFormerV2 with gated attention units in place of attention and feed-forward. Su, 2022, kexue.fm/archives/9052.

A block has one norm and one head; two of them cost what a block of BERT does. No length limit.
"""


import dataclasses

import keras

from baselines.layers.gated_attention_unit import GatedAttentionUnit
from baselines.models import encoder, initialization, masks, names, residual, roformer_v2
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

MODEL_TYPES = ("gau", "GAU_alpha")
DEFAULTS = {"initializer": "gau_alpha", "attention_scale": "log", "hidden_act": "swish", "num_attention_heads": 1,
            "attention_key_size": 128}  # fmt: skip
HUGGING_FACE = {"model_type": "gau_alpha"}
WITHOUT = {"attention_kind": "the unit multiplies every query by every key", "talking_heads": "the unit has one head",
           "residual_attention_scores": "the unit keeps its scores", "fused_attention": "its kernel needs values of the keys' size",
           "residual_scale": "a block has one branch"}  # fmt: skip
EPSILON = roformer_v2.EPSILON
UNIT = "GatedAttentionUnit"
PARTS = {"input/kernel": "i_dense/kernel", "output/kernel": "o_dense/kernel",
         "query/gamma": "q_scaleoffset/gamma", "key/gamma": "k_scaleoffset/gamma"}  # fmt: skip


def read_config(values: dict) -> dict:
    """The fields; junnyu's conversion says attention_scale: true with normalization: softmax_plus, which is our scale "log"."""
    if values.get("attention_scale") is True:
        return {**values, "attention_scale": "log" if values.get("normalization") == "softmax_plus" else "sqrt"}
    return values


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build. Raises InputError if attention_key_size is odd."""
    style = Style(config.layer_norm_eps or EPSILON, norm_options=roformer_v2.NORM, use_bias=False)
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = roformer_v2.embed(inputs, table, config, style)
    attention_mask, rotary = masks.attention_mask(config, mask, inputs), encoder.rotary(inputs, config)
    for index in range(config.num_hidden_layers):
        name = f"Transformer-{index}-{UNIT}"
        y = unit(config, name)(residual.branch_input(x, name, config, style), attention_mask=attention_mask, rotary=rotary)
        x = residual.add_branch(x, y, name, config, style)
    x = residual.final_norm(x, config, style)
    outputs = encoder.outputs(x, table, config, mlm_head=roformer_v2.mlm_logits, **heads)
    return keras.Model(inputs, outputs, name="gau_alpha")


def unit(config: Config, name: str) -> GatedAttentionUnit:
    """The layer of a block."""
    return GatedAttentionUnit(
        config.intermediate_size,
        config.attention_key_size,
        config.hidden_size,
        hidden_act=config.hidden_act,
        use_bias=False,
        dropout_rate=config.attention_probs_dropout_prob,
        scale=config.attention_scale,
        normalization=config.attention_normalization,
        initializer_range=config.initializer_range,
        kernel_initializer=initialization.kernel(config),
        name=name,
    )


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    d, f, k = config.hidden_size, config.intermediate_size, config.attention_key_size
    embeddings = transformer(dataclasses.replace(config, num_hidden_layers=0), norm=0, biases=False)
    inside = embeddings.inside + config.num_hidden_layers * (d * (2 * f + k) + f * d + 2 * k)
    return Sizes(embeddings.tables, inside, inside, config.num_hidden_layers, inner=3 * f, scores=1)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    shared = {path: name for path, name in roformer_v2.weight_names(config).items() if not path.startswith("Transformer-")}
    shared = names.renamed(shared, {}, {r"^roformer\.": "gau_alpha."})
    return shared | {
        f"Transformer-{index}-{UNIT}/{ours}": names.unit_name(index, theirs)
        for index in range(config.num_hidden_layers)
        for ours, theirs in PARTS.items()
    }
