"""Parts that the families which continue texts share: the model, its head tied to the tokens, the names of its weights.

The head is the token embedding itself, without a layer or a bias of its own: "mlm" is the distribution of the token that follows
each position.
"""

from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import layers

from baselines.errors import InputError
from baselines.layers.activation import GELU_TANH
from baselines.layers.dropout import Dropout
from baselines.models import encoder, masks, names
from baselines.models.config import Config
from baselines.models.style import Style
from baselines.weights.names import WeightName

ATTENTION = ("query", "key", "value")
TABLES = {
    "Embedding-Token": "word_embeddings",
    "Embedding-Segment": "token_type_embeddings",
    "Embedding-Position": "position_embeddings",
}
OTHERS = {"attention/output/dense": "attn.c_proj", "intermediate/dense": "mlp.c_fc", "output/dense": "mlp.c_proj"}


def model(
    config: Config, mask: str, heads: dict, epsilon: float, norm: bool = False, tokens: Callable = encoder.token_and_segment
) -> keras.Model:
    """The model of a configuration.

    Args:
        config: Sizes and options.
        mask: See masks.py.
        heads: Keyword arguments of `outputs`.
        epsilon: Of all norms.
        norm: Whether the embeddings are normalized.
        tokens: Function as encoder.token_and_segment. It may change the dict of inputs that it gets: attention looks there for
            the ids by which it knows padding.

    Raises:
        InputError: The embedding has another width than the blocks, so that the head cannot be tied to it.
    """
    check_tied(config)
    inputs = masks.token_inputs(config, mask)
    table, style, read = encoder.token_embedding(config), Style(epsilon), dict(inputs)
    x = encoder.position_layer(config)(tokens(read, table, config))
    if norm:
        x = style.norm(x, "Embedding-Norm")
    x = Dropout(dropout(config), name="Embedding-Dropout")(x)
    x = encoder.blocks(x, masks.attention_mask(config, mask, read), config, style)
    return keras.Model(inputs, outputs(x, table, config, **heads), name=config.model_type)


def check_tied(config: Config) -> None:
    """Raises InputError for embeddings of another width than the blocks: the head is the token table."""
    if config.embedding_size != config.hidden_size:
        raise InputError(
            f"model={config.model_type}: embedding_size is {config.embedding_size}, hidden_size {config.hidden_size}. "
            "Leave embedding_size out: the output layer is the token embedding."
        )


def outputs(
    x: Any, table: Any, config: Config, with_pool: bool | str = False, with_nsp: bool | str = False, with_mlm: bool | str = True
) -> dict:
    """{"hidden_states": (B, L, D), "mlm": float32 (B, L, V)}: softmax, or what `with_mlm` names; "linear" gives logits.

    Raises InputError for BERT's other heads.
    """
    if with_pool or with_nsp:
        what = "with_nsp" if with_nsp else "with_pool"
        raise InputError(
            f"model={config.model_type} has no pooler and no next-sentence head: it reads from left to right. "
            f"Leave {what} out (a task: choose another pooling), or choose an encoder such as bert."
        )
    activation = "softmax" if with_mlm in (True, False) else with_mlm
    logits = table(x, reverse=True)
    return {"hidden_states": x, "mlm": layers.Activation(activation, dtype="float32", name="LM-Activation")(logits)}


def hugging_face_fields(fields: Mapping[str, object], config: Config, placement: str, activation: str) -> dict[str, object]:
    """The dict of a config.json without what Hugging Face's GPTs mean anyway.

    Args:
        fields: As `Config.to_hugging_face` has it, with the names of CONFIG_NAMES.
        config: The Config.
        placement: norm_placement of the family.
        activation: Field of the activation.
    """
    fields = {**fields, "embd_pdrop": dropout(config)}
    fields[activation] = "gelu_new" if config.hidden_act in GELU_TANH else config.hidden_act
    for name in ("embedding_dropout_prob", "hidden_act" if activation != "hidden_act" else ""):
        fields.pop(name, None)
    if config.norm_placement == placement:
        fields.pop("norm_placement", None)
    return fields


def dropout(config: Config) -> float:
    """The rate of the embeddings' dropout."""
    rate = config.family_options.get("embedding_dropout_prob")
    return config.hidden_dropout_prob if rate is None else rate


def weight_names(config: Config, tables: Mapping[str, str], norm: str) -> dict[str, WeightName]:
    """{variable path: WeightName}, bert4keras' names of TensorFlow checkpoints and Hugging Face's.

    Args:
        config: The Config.
        tables: {layer: Hugging Face's name of its embeddings}.
        norm: Where the norms of a block are: "input" or "output".
    """
    result = {f"{layer}/embeddings": WeightName(f"gpt/embeddings/{TABLES[layer]}", theirs) for layer, theirs in tables.items()}
    for index in range(config.num_hidden_layers):
        result |= _block(config, index, norm)
    for path, (google, _, _) in names.option_names(config).items():
        google = google.replace("bert/encoder/layer_", "gpt/transformer/layer_")
        theirs = google.replace("gpt/transformer/layer_", "transformer/h/").replace("/", ".")
        result[path] = WeightName(google, theirs, optional="/mix_" in path)
    if config.norm_placement == "pre":
        for kind, theirs in (("gamma", "weight"), ("beta", "bias")):
            result[f"Output-Norm/{kind}"] = WeightName(f"gpt/output/LayerNorm/{kind}", f"transformer.ln_f.{theirs}")
    return result


def _block(config, index, norm):
    """The WeightNames of a block. Hugging Face's kernels are (in, out) as ours, queries, keys and values side by side."""
    layer, google, theirs = f"Transformer-{index}-", f"gpt/transformer/layer_{index}/", f"transformer.h.{index}."
    joined = config.attention_key_size == config.attention_head_size
    result = {}
    for path, kernel in names.DENSE.items():
        name, part = OTHERS.get(kernel), (0, 1)
        if name is None:
            projection = path.split("/")[1]
            name, part = ("attn.c_attn", (ATTENTION.index(projection), 3)) if joined else (f"attn.{projection}", part)
        for kind, last in (("kernel", "weight"), ("bias", "bias")):
            result[f"{layer}{path}/{kind}"] = WeightName(f"{google}{kernel}/{kind}", f"{theirs}{name}.{last}", part=part)
    for path, where, name in (
        ("MultiHeadSelfAttention-Norm", f"attention/{norm}", "ln_1"), ("FeedForward-Norm", norm, "ln_2"),
    ):  # fmt: skip
        for kind, last in (("gamma", "weight"), ("beta", "bias")):
            result[f"{layer}{path}/{kind}"] = WeightName(f"{google}{where}/LayerNorm/{kind}", f"{theirs}{name}.{last}")
    return result
