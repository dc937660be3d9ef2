"""GPT: OpenAI's first, and CDial-GPT (arXiv:2008.03946): BERT's blocks under the causal mask. Radford et al., 2018.

The embeddings have no norm. CDial-GPT marks speakers by segments whose vectors are those of the tokens [speaker1] and [speaker2]:
`shared_segment_embeddings`. What a segment of 0 means then, `zero_segment`:

    none      no vector is added: transformers, which may leave segments out, and our tasks
    padding   its vector is added, and no other token sees the token: bert4keras, where 0 is [PAD] in segments too
"""

import dataclasses

import keras
from keras import layers, ops

from baselines.layers.segment_choice import SegmentChoice
from baselines.models import causal, encoder
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.weights.names import WeightName

HUGGING_FACE = {"model_type": "openai-gpt", "architectures": ["OpenAIGPTLMHeadModel"]}
EPSILON = 1e-12
MASK = "causal"
MODEL_TYPES = {
    "openai-gpt": {"layer_norm_eps": 1e-5, "hidden_act": "gelu_tanh", "shared_segment_embeddings": True, "zero_segment": "none"},
}
CONFIG_NAMES = {
    "n_embd": "hidden_size", "n_layer": "num_hidden_layers", "n_head": "num_attention_heads",
    "n_positions": "max_position_embeddings", "resid_pdrop": "hidden_dropout_prob", "attn_pdrop": "attention_probs_dropout_prob",
    "embd_pdrop": "embedding_dropout_prob", "layer_norm_epsilon": "layer_norm_eps", "afn": "afn",
}  # fmt: skip
OPTIONS = {
    "shared_segment_embeddings": ("flag", False),
    "zero_segment": (("padding", "none"), "padding"),
    "embedding_dropout_prob": ("share", None),
}


def build(config: Config, mask: str = "causal", **heads: bool | str) -> keras.Model:
    """As bert.build, with the outputs of causal.outputs."""
    shared = bool(config.type_vocab_size) and config.option("shared_segment_embeddings")
    tokens = shared_table if shared else encoder.token_and_segment
    return causal.model(config, mask, heads, config.layer_norm_eps or EPSILON, tokens=tokens)


def shared_table(inputs, table, config):
    """As encoder.token_and_segment, with segments that are rows of the token table."""
    token_ids, segment_ids = inputs["token_ids"], inputs["segment_ids"]
    segments = table(segment_ids)
    if config.option("zero_segment") == "none":
        segments = SegmentChoice(name="Embedding-Segment-Choice")(segments, segment_ids)
    else:
        inputs["token_ids"] = ops.where(ops.equal(segment_ids, 0), config.pad_token_id, token_ids)
    return layers.Add(name="Embedding-Token-Segment")([table(token_ids), segments])


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    rows = 0 if config.option("shared_segment_embeddings") else config.type_vocab_size
    counted = dataclasses.replace(config, type_vocab_size=rows)
    return transformer(counted, positions=config.max_position_embeddings, embedding_norm=0)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    tables = {"Embedding-Token": "transformer.tokens_embed.weight", "Embedding-Position": "transformer.positions_embed.weight"}
    if config.type_vocab_size and not config.option("shared_segment_embeddings"):
        tables["Embedding-Segment"] = "transformer.segments_embed.weight"
    return causal.weight_names(config, tables, norm="output")


def for_tasks(config: Config) -> Config:
    """The Config under which a segment of 0 is no padding: dialogues without speakers' tokens have it, and sources."""
    return dataclasses.replace(config, family_options={**config.family_options, "zero_segment": "none"})


def read_config(given: dict) -> dict:
    """The dict of a config.json with our activation: "gelu" is the approximate one in `afn`, and the exact one in hidden_act."""
    given = {"intermediate_size": 4 * given["hidden_size"], **given} if "hidden_size" in given else dict(given)
    if "afn" in given:
        given["hidden_act"] = {"gelu": "gelu_tanh", "gelu_erf": "gelu"}.get(given["afn"], given["afn"])
    return given


def write_config(fields: dict, config: Config) -> dict:
    """The dict of a config.json for OpenAIGPTConfig, which knows one GELU and one size of the feed-forward."""
    fields = causal.hugging_face_fields(fields, config, "post", "afn")
    fields["afn"] = {"gelu": "gelu_erf", "gelu_new": "gelu"}.get(fields["afn"], fields["afn"])
    if config.intermediate_size == 4 * config.hidden_size:
        del fields["intermediate_size"]
    return fields
