"""Parts that the families share: embeddings, blocks and BERT's heads, under bert4keras' layer names.

The graph is flat: every step is a named layer of the model. Each function adds some and returns their output.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from baselines.errors import InputError
from baselines.layers.activation import activation
from baselines.layers.bias import Bias
from baselines.layers.dense import Dense
from baselines.layers.dropout import Dropout
from baselines.layers.feed_forward import FeedForward
from baselines.layers.layer_normalization import LayerNormalization
from baselines.layers.linear_attention import MultiHeadLinearAttention
from baselines.layers.masked_pooling import FirstToken
from baselines.layers.multi_head_attention import MultiHeadAttention
from baselines.layers.position_embedding import PositionEmbedding
from baselines.layers.rotary_position import RotaryPosition
from baselines.layers.row_embedding import RowEmbedding
from baselines.models import initialization, residual
from baselines.models.config import Config
from baselines.models.style import Style


def dense(units: int, config: Config, name: str, **options: Any) -> Dense:
    initializer = keras.initializers.TruncatedNormal(stddev=config.initializer_range)
    return Dense(units, kernel_initializer=initializer, name=name, **options)


def table_initializer(config: Config) -> keras.initializers.Initializer:
    return keras.initializers.TruncatedNormal(stddev=initialization.table_range(config))


def token_embedding(config: Config) -> layers.Layer:
    """The token table; called with `reverse=True` it is the MLM head's projection."""
    return layers.ReversibleEmbedding(
        config.vocab_size,
        config.embedding_size,
        embeddings_initializer=table_initializer(config),
        name="Embedding-Token",
    )


def embed(inputs: dict, table: Any, config: Config, style: Style, absolute_positions: bool = False) -> Any:
    """Sum of token, segment and, on request, position embeddings, normalized: (B, L) -> (B, L, D)."""
    x = token_and_segment(inputs, table, config)
    if absolute_positions:
        x = position_layer(config)(x)
    x = style.norm(x, "Embedding-Norm")
    x = Dropout(config.hidden_dropout_prob, name="Embedding-Dropout")(x)
    return to_hidden_size(x, config, style)


def token_and_segment(inputs: dict, table: Any, config: Config) -> Any:
    """Token embeddings, and segment embeddings if the model has any: (B, L) -> (B, L, E)."""
    x = table(inputs["token_ids"])
    if not config.type_vocab_size:
        return x
    if config.type_vocab_size == 1:
        deviation = initialization.table_range(config)
        return RowEmbedding(1, initializer_range=deviation, name="Embedding-Segment")(x)
    segments = small_table(config.type_vocab_size, config, "Embedding-Segment")(inputs["segment_ids"])
    return layers.Add(name="Embedding-Token-Segment")([x, segments])


def small_table(rows: int, config: Config, name: str) -> layers.Layer:
    return layers.Embedding(rows, config.embedding_size, embeddings_initializer=table_initializer(config), name=name)


def position_layer(config: Config, **options: Any) -> layers.Layer:
    """The trained absolute positions."""
    return PositionEmbedding(
        config.max_position_embeddings,
        hierarchical=config.hierarchical_position,
        initializer_range=initialization.table_range(config),
        name="Embedding-Position",
        **options,
    )


def rotary(inputs: dict, config: Config, name: str = "Embedding-Rotary-Position", **options: Any) -> Any:
    """Rotary positions for every attention; `options` of RotaryPosition.

    Raises InputError if attention_key_size is odd, because columns are rotated in pairs.
    """
    if config.attention_key_size % 2:
        raise InputError(
            f"model={config.model_type}: attention_key_size is {config.attention_key_size}, but columns are rotated in pairs. "
            "Set it to an even number."
        )
    return RotaryPosition(config.attention_key_size, **options, name=name)(inputs["token_ids"])


def to_hidden_size(x: Any, config: Config, style: Style) -> Any:
    """x (B, L, E) -> (B, L, D), by a projection where the two differ."""
    if config.embedding_size == config.hidden_size:
        return x
    return dense(config.hidden_size, config, "Embedding-Mapping", use_bias=style.use_bias)(x)


def blocks(x: Any, attention_mask: Any, config: Config, style: Style, **position: Any) -> Any:
    """All Transformer blocks: (B, L, D) -> (B, L, D). `position` goes to every attention: rotary=... or relative=..."""
    scores = None
    for index in range(config.num_hidden_layers):
        last = index == config.num_hidden_layers - 1
        x, scores = block(x, f"Transformer-{index}-", attention_mask, config, style, scores, last, **position)
    return residual.final_norm(x, config, style)


def block(
    x: Any,
    prefix: str,
    attention_mask: Any,
    config: Config,
    style: Style,
    previous_scores: Any = None,
    last: bool = True,
    **position: Any,
) -> tuple:
    """One block, whose layers' names begin with `prefix`: (its output, scores for the next block or None)."""
    name = f"{prefix}MultiHeadSelfAttention"
    returns_scores = config.residual_attention_scores and not last
    previous = {} if previous_scores is None else {"previous_scores": previous_scores}
    attended = attention(config, name, style, returns_scores)(
        residual.branch_input(x, name, config, style), attention_mask=attention_mask, **position, **previous
    )
    y, scores = attended if returns_scores else (attended, None)
    x = residual.add_branch(x, y, name, config, style)

    name = f"{prefix}FeedForward"
    y = feed_forward(config, name, style)(residual.branch_input(x, name, config, style))
    return residual.add_branch(x, y, name, config, style), scores


def attention(config: Config, name: str, style: Style, return_scores: bool = False, **options: Any) -> layers.Layer:
    """The attention layer of a block; `options` of MultiHeadAttention."""
    _, gain = initialization.deepnorm(config)
    return style.layer(
        MultiHeadLinearAttention if config.attention_kind == "linear" else MultiHeadAttention,
        name,
        config.num_attention_heads,
        config.attention_head_size,
        config.hidden_size,
        key_size=config.attention_key_size,
        dropout_rate=config.attention_probs_dropout_prob,
        initializer_range=config.initializer_range,
        return_scores=return_scores,
        scale=config.attention_scale,
        normalization=config.attention_normalization,
        talking_heads=config.talking_heads,
        fused=config.fused_attention,
        kernel_initializer=initialization.kernel(config),
        value_initializer=initialization.kernel(config, gain) if gain != 1 else None,
        use_bias=style.use_bias,
        **options,
    )


def feed_forward(config: Config, name: str, style: Style) -> layers.Layer:
    """The feed-forward layer of a block."""
    _, gain = initialization.deepnorm(config)
    return style.layer(
        FeedForward,
        name,
        config.intermediate_size,
        config.hidden_size,
        hidden_act=config.hidden_act,
        initializer_range=config.initializer_range,
        kernel_initializer=initialization.kernel(config, gain),
        use_bias=style.use_bias,
        gate_act=style.gate_act,
    )


def mlm_logits(
    x: Any, table: Any, config: Config, hidden_act: str | None = None, epsilon: float = 1e-12
) -> Any:
    """BERT's masked-language-model head: (B, L, D) -> (B, L, V).

    hidden_act   in place of the config's
    epsilon      of its norm, where the config has none
    """
    y = dense(config.embedding_size, config, "MLM-Dense", activation=activation(hidden_act or config.hidden_act))(x)
    y = LayerNormalization(epsilon=config.layer_norm_eps or epsilon, name="MLM-Norm")(y)
    return Bias(name="MLM-Bias")(table(y, reverse=True))


def outputs(
    x: Any,
    table: Any,
    config: Config,
    with_pool: bool | str = False,
    with_nsp: bool | str = False,
    with_mlm: bool | str = False,
    mlm_head: Callable = mlm_logits,
) -> dict:
    """{"hidden_states": (B, L, D)} and the requested heads, each True or the name of its activation.

    pooled   (B, D), tanh
    nsp      float32 (B, 2), softmax; it comes with the pooler
    mlm      float32 (B, L, V), softmax

    "linear" instead of True gives logits. bert4keras returns nsp in place of pooled, and hidden_states only
    without heads. `mlm_head` is the family's function in place of `mlm_logits`.
    """
    result = {"hidden_states": x}
    if with_pool or with_nsp:
        pool = "tanh" if with_pool in (True, False) else with_pool
        first = FirstToken(name="Pooler")(x)
        result["pooled"] = dense(config.hidden_size, config, "Pooler-Dense", activation=activation(pool))(first)
    if with_nsp:
        nsp = "softmax" if with_nsp is True else with_nsp
        result["nsp"] = dense(2, config, "NSP-Proba", activation=nsp, dtype="float32")(result["pooled"])
    if with_mlm:
        mlm = "softmax" if with_mlm is True else with_mlm
        result["mlm"] = layers.Activation(mlm, dtype="float32", name="MLM-Activation")(mlm_head(x, table, config))
    return result
