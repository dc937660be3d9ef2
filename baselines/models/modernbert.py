"""ModernBERT: rotary positions, local attention in two of three blocks, gates, no biases. Warner et al., 2024, arXiv:2412.13663.

Norms stand before the branches; the first block's attention has none, because the embeddings are normalized. No segments.
"""

import dataclasses
import re
from typing import Any

import keras

from baselines.errors import InputError
from baselines.layers.activation import activation
from baselines.layers.bias import Bias
from baselines.layers.dropout import Dropout
from baselines.layers.layer_normalization import LayerNormalization
from baselines.layers.window_mask import WindowMask
from baselines.models import encoder, masks, names, residual
from baselines.models.config import Config
from baselines.models.sizes import Sizes, transformer
from baselines.models.style import Style
from baselines.weights.names import WeightName

CONFIG_NAMES = {
    "hidden_activation": "hidden_act",
    "norm_eps": "layer_norm_eps",
    "attention_dropout": "attention_probs_dropout_prob",
    "mlp_dropout": "hidden_dropout_prob",
}
DEFAULTS = {"type_vocab_size": 0, "norm_placement": "pre", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
            "max_position_embeddings": 8192}  # fmt: skip
OPTIONS = {
    "local_attention": ("size", 128),
    "global_attn_every_n_layers": ("size", 3),
    "global_rope_theta": ("number", 160000.0),
    "local_rope_theta": ("number", 10000.0),
    "embedding_dropout": ("share", 0.0),
    "attention_bias": ("flag", False),
    "mlp_bias": ("flag", False),
    "norm_bias": ("flag", False),
    "classifier_bias": ("flag", False),
    "decoder_bias": ("flag", True),
    "classifier_activation": ("text", "gelu"),
}
WITHOUT = {"attention_kind": "local attention hides other keys from each query",
           "residual_attention_scores": "local and global attention alternate"}  # fmt: skip
HUGGING_FACE = {"model_type": "modernbert", "architectures": ["ModernBertModel"]}
EPSILON = 1e-5
LAYERS = {"full_attention": True, "sliding_attention": False}
NAMES = {
    r"embeddings\.word_embeddings": "embeddings.tok_embeddings",
    r"embeddings\.LayerNorm": "embeddings.norm",
    r"encoder\.output\.LayerNorm": "final_norm",
    r"encoder\.layer\.(\d+)\.attention\.self\.(query|key|value)": r"layers.\1.attn.Wqkv",
    r"encoder\.layer\.(\d+)\.attention\.output\.dense": r"layers.\1.attn.Wo",
    r"encoder\.layer\.(\d+)\.attention\.output\.LayerNorm": r"layers.\1.attn_norm",
    r"encoder\.layer\.(\d+)\.intermediate\.(dense|gate)": r"layers.\1.mlp.Wi",
    r"encoder\.layer\.(\d+)\.output\.dense": r"layers.\1.mlp.Wo",
    r"encoder\.layer\.(\d+)\.output\.LayerNorm": r"layers.\1.mlp_norm",
    r"cls\.predictions\.transform\.dense": "head.dense",
    r"cls\.predictions\.transform\.LayerNorm": "head.norm",
    r"cls\.predictions\.bias": "decoder.bias",
}
PARTS = {"/query/": (0, 3), "/key/": (1, 3), "/value/": (2, 3), "/inner/": (0, 2), "/gate/": (1, 2)}
"""Of the merged tensors Wqkv and Wi."""


def read_config(values: dict) -> dict:
    """The fields, with what transformers 5 writes in place of the first four options. Raises InputError for other scalings."""
    values = dict(values)
    if isinstance(kinds := values.get("layer_types"), list):
        values["global_attn_every_n_layers"] = every_n(kinds, values.get("global_attn_every_n_layers"))
    for kind, option in (("full_attention", "global_rope_theta"), ("sliding_attention", "local_rope_theta")):
        rope = (values.get("rope_parameters") or {}).get(kind) or {}
        if rope.get("rope_type", "default") != "default":
            raise InputError(f"config: rope_type={rope['rope_type']!r} is not implemented, only 'default'. Use another checkpoint.")
        values[option] = values.get(option) or rope.get("rope_theta")
    return values


def every_n(kinds: list, given: int | None) -> int:
    """The distance of blocks with global attention; `given` if it means the same. Raises InputError if there is no single one."""
    if type(given) is int and given > 0 and [LAYERS.get(kind) for kind in kinds] == [n % given == 0 for n in range(len(kinds))]:
        return given
    first = next((index for index, kind in enumerate(kinds[1:], 1) if LAYERS.get(kind)), len(kinds))
    if [LAYERS.get(kind) for kind in kinds] != [index % first == 0 for index in range(len(kinds))]:
        raise InputError(f"config: layer_types={kinds} has no regular distance of full_attention. Use another checkpoint.")
    return first


def write_config(fields: dict, config: Config) -> dict:
    """The fields as transformers 5 reads them; norm_placement is the family's own."""
    fields = {name: value for name, value in fields.items() if name != "norm_placement"}
    thetas = {"full_attention": config.option("global_rope_theta"), "sliding_attention": config.option("local_rope_theta")}
    return fields | {
        "layer_types": ["full_attention" if is_global(index, config) else "sliding_attention"
                        for index in range(config.num_hidden_layers)],
        "rope_parameters": {kind: {"rope_type": "default", "rope_theta": theta} for kind, theta in thetas.items()},
    }  # fmt: skip


def max_length(config: Config) -> int:
    """The length that the model was trained for."""
    return config.max_position_embeddings


def build(config: Config, mask: str = "bidirectional", **heads: bool | str) -> keras.Model:
    """As bert.build. Raises InputError for norms in another place, or an odd attention_key_size."""
    if config.norm_placement != "pre":
        raise InputError(f"model=modernbert: norm_placement={config.norm_placement} is not implemented. Leave it out.")
    style = Style(
        config.layer_norm_eps or EPSILON,
        norm_options={"center": config.option("norm_bias")},
        use_bias=config.option("attention_bias"),
        gate_act="linear",
    )
    inputs = masks.token_inputs(config, mask)
    table = encoder.token_embedding(config)
    x = encoder.token_and_segment(inputs, table, config)
    x = Dropout(config.option("embedding_dropout"), name="Embedding-Dropout")(style.norm(x, "Embedding-Norm"))
    x = encoder.to_hidden_size(x, config, style)
    attention = attention_inputs(inputs, mask, config)
    for index in range(config.num_hidden_layers):
        x = block(x, index, config, style, **attention[is_global(index, config)])
    outputs = encoder.outputs(residual.final_norm(x, config, style), table, config, mlm_head=mlm_logits, **heads)
    return keras.Model(inputs, outputs, name="modernbert")


def is_global(index: int, config: Config) -> bool:
    """Whether the tokens of a block see the whole text, not only their neighbors."""
    return index % config.option("global_attn_every_n_layers") == 0


def attention_inputs(inputs: dict, mask: str, config: Config) -> dict[bool, dict]:
    """{is_global: arguments of the attention}."""
    visible = masks.attention_mask(config, mask, inputs)
    near = WindowMask(config.option("local_attention") // 2, name="Attention-Window-Mask")(visible)
    far_theta, near_theta = config.option("global_rope_theta"), config.option("local_rope_theta")
    near_name = "Embedding-Local-Rotary-Position"
    return {
        True: {"attention_mask": visible, "rotary": encoder.rotary(inputs, config, theta=far_theta, halves=True)},
        False: {"attention_mask": near, "rotary": encoder.rotary(inputs, config, near_name, theta=near_theta, halves=True)},
    }


def block(x: Any, index: int, config: Config, style: Style, **attention: Any) -> Any:
    """One block: (B, L, D) -> (B, L, D)."""
    name = f"Transformer-{index}-MultiHeadSelfAttention"
    y = residual.branch_input(x, name, config, style) if index else x
    y = encoder.attention(config, name, style, rotary_halves=True)(y, **attention)
    x = residual.add_branch(x, y, name, config, style)
    name = f"Transformer-{index}-FeedForward"
    gated = dataclasses.replace(style, use_bias=config.option("mlp_bias"))
    y = encoder.feed_forward(config, name, gated)(residual.branch_input(x, name, config, style))
    return residual.add_branch(x, y, name, config, style)


def mlm_logits(x: Any, table: Any, config: Config) -> Any:
    """(B, L, D) -> (B, L, V)."""
    act = activation(config.option("classifier_activation"))
    y = encoder.dense(config.embedding_size, config, "MLM-Dense", activation=act, use_bias=config.option("classifier_bias"))(x)
    norm = LayerNormalization(epsilon=config.layer_norm_eps or EPSILON, center=config.option("norm_bias"), name="MLM-Norm")
    y = table(norm(y), reverse=True)
    return Bias(name="MLM-Bias")(y) if config.option("decoder_bias") else y


def sizes(config: Config) -> Sizes:
    """How large the model is."""
    biases, inner = config.option("attention_bias"), config.option("mlp_bias")
    norm = 1 + config.option("norm_bias")
    first = -norm * config.hidden_size                                  # the first block has one norm less
    return transformer(config, norm=norm, biases=biases, feed_forward_biases=inner, gate=True, other_inside=first)


def weight_names(config: Config) -> dict[str, WeightName]:
    """{variable path: WeightName}."""
    ours = names.renamed(names.encoder_names(config, prefix="model"), {}, NAMES)
    for index in range(config.num_hidden_layers):
        gate = names.dense(f"Transformer-{index}-FeedForward/gate", f"bert/encoder/layer_{index}/intermediate/gate")
        ours |= names.renamed(names.as_names(gate, "model"), {}, NAMES)
    return {
        path: dataclasses.replace(name, part=next((part for end, part in PARTS.items() if end in path), (0, 1)))
        for path, name in ours.items()
        if has(path, config)
    }


def has(path: str, config: Config) -> bool:
    """Whether the model has this weight of BERT's blocks and head."""
    if path.startswith(("Transformer-0-MultiHeadSelfAttention-Norm", "MLM-Bias")):
        return path.startswith("MLM") and config.option("decoder_bias")
    flags = {"-Norm/beta": "norm_bias", "SelfAttention/.*/bias": "attention_bias", "Embedding-Mapping/bias": "attention_bias",
             "FeedForward/.*/bias": "mlp_bias", "MLM-Dense/bias": "classifier_bias"}  # fmt: skip
    return all(config.option(flag) for pattern, flag in flags.items() if re.search(pattern, path))
