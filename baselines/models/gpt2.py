"""GPT2: GPT with a norm before every branch and one at the end; also CPM-Generate's layout. Radford et al., 2019.

Chinese ones are UER's, with BERT's vocabulary: [CLS] text [SEP].
"""

import keras

from baselines.errors import InputError
from baselines.models import causal
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}
EPSILON = 1e-5
MASK = "causal"
MODEL_TYPES = {
    "cpm": {},
}
CONFIG_NAMES = {
    "n_embd": "hidden_size", "n_layer": "num_hidden_layers", "n_head": "num_attention_heads", "n_inner": "intermediate_size",
    "n_positions": "max_position_embeddings", "resid_pdrop": "hidden_dropout_prob", "attn_pdrop": "attention_probs_dropout_prob",
    "embd_pdrop": "embedding_dropout_prob", "layer_norm_epsilon": "layer_norm_eps", "activation_function": "hidden_act",
}  # fmt: skip
DEFAULTS = {"norm_placement": "pre", "hidden_act": "gelu_new"}
OPTIONS = {"embedding_dropout_prob": ("share", None)}
ONLY = {"scale_attn_by_inverse_layer_idx": False, "add_cross_attention": False, "tie_word_embeddings": True}
"""Fields of transformers that change what is computed, with the only value that is implemented."""


def build(config: Config, mask: str = "causal", **heads: bool | str) -> keras.Model:
    """As bert.build, with the outputs of causal.outputs."""
    return causal.model(config, mask, heads, config.layer_norm_eps or EPSILON)


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    return transformer(config, positions=config.max_position_embeddings, embedding_norm=0)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    tables = {"Embedding-Token": "transformer.wte.weight", "Embedding-Position": "transformer.wpe.weight"}
    return causal.weight_names(config, tables, norm="input")


def read_config(given: dict) -> dict:
    """The dict of a config.json, without segments, which GPT2 has not. Raises InputError for what is not implemented."""
    for name, expected in ONLY.items():
        if given.get(name, expected) != expected:
            raise InputError(f"model=gpt2: {name}={given[name]!r} is not implemented, only {expected}. Use another checkpoint.")
    if given.get("scale_attn_weights") is False:
        given = {**given, "attention_scale": "none"}
    if "hidden_size" in given:
        given = {"intermediate_size": 4 * given["hidden_size"], **given}
    return {**given, "type_vocab_size": 0}


def write_config(fields: dict, config: Config) -> dict:
    """The dict of a config.json for GPT2Config."""
    fields = causal.hugging_face_fields(fields, config, "pre", "activation_function")
    if config.attention_scale == "none":
        fields = {name: value for name, value in fields.items() if name != "attention_scale"} | {"scale_attn_weights": False}
    return fields
