"""What the families share: embeddings, post-norm blocks and BERT's heads, under bert4keras' layer names.

The graph is flat: every step is a named layer of the model. Each function adds some and returns their output.
"""

import keras
from keras import layers

from baselines.layers.activation import activation
from baselines.layers.attention import MultiHeadAttention
from baselines.layers.bias import Bias
from baselines.layers.feed_forward import FeedForward
from baselines.layers.first_token import FirstToken
from baselines.layers.position_embedding import PositionEmbedding


def truncated_normal(config):
    return keras.initializers.TruncatedNormal(stddev=config.initializer_range)


def dense(units, config, name, **options):
    return layers.Dense(units, kernel_initializer=truncated_normal(config), name=name, **options)


def token_embedding(config):
    """The token table; called with `reverse=True` it is the MLM head's projection."""
    return layers.ReversibleEmbedding(
        config.vocab_size,
        config.embedding_size,
        embeddings_initializer=truncated_normal(config),
        name="Embedding-Token",
    )


def embed(inputs, table, config, epsilon, absolute_positions=False):
    """Sum of token, segment and, on request, position embeddings, normalised: (B, L) -> (B, L, D)."""
    x = table(inputs["token_ids"])
    if config.type_vocab_size:
        segments = layers.Embedding(
            config.type_vocab_size,
            config.embedding_size,
            embeddings_initializer=truncated_normal(config),
            name="Embedding-Segment",
        )
        x = layers.Add(name="Embedding-Token-Segment")([x, segments(inputs["segment_ids"])])
    if absolute_positions:
        x = PositionEmbedding(
            config.max_position_embeddings,
            hierarchical=config.hierarchical_position,
            initializer_range=config.initializer_range,
            name="Embedding-Position",
        )(x)
    x = layers.LayerNormalization(epsilon=epsilon, name="Embedding-Norm")(x)
    x = layers.Dropout(config.hidden_dropout_prob, name="Embedding-Dropout")(x)
    if config.embedding_size != config.hidden_size:
        x = dense(config.hidden_size, config, "Embedding-Mapping")(x)
    return x


def blocks(x, attention_mask, config, epsilon, **position):
    """All Transformer blocks: (B, L, D) -> (B, L, D). `position` goes to every attention: rotary=... or relative=..."""
    scores = None
    for index in range(config.num_hidden_layers):
        name = f"Transformer-{index}-MultiHeadSelfAttention"
        returns_scores = config.residual_attention_scores and index < config.num_hidden_layers - 1
        attention = MultiHeadAttention(
            config.num_attention_heads,
            config.attention_head_size,
            config.hidden_size,
            key_size=config.attention_key_size,
            dropout_rate=config.attention_probs_dropout_prob,
            initializer_range=config.initializer_range,
            return_scores=returns_scores,
            name=name,
        )
        previous = {} if scores is None else {"previous_scores": scores}
        y = attention(x, attention_mask=attention_mask, **position, **previous)
        y, scores = y if returns_scores else (y, None)
        x = residual(x, y, name, config, epsilon)

        name = f"Transformer-{index}-FeedForward"
        feed_forward = FeedForward(
            config.intermediate_size,
            config.hidden_size,
            hidden_act=config.hidden_act,
            initializer_range=config.initializer_range,
            name=name,
        )
        x = residual(x, feed_forward(x), name, config, epsilon)
    return x


def residual(x, y, name, config, epsilon):
    """Norm(x + Dropout(y))."""
    y = layers.Dropout(config.hidden_dropout_prob, name=f"{name}-Dropout")(y)
    x = layers.Add(name=f"{name}-Add")([x, y])
    return layers.LayerNormalization(epsilon=epsilon, name=f"{name}-Norm")(x)


def outputs(x, table, config, with_pool=False, with_nsp=False, with_mlm=False):
    """{"hidden_states": (B, L, D)} and the heads asked for, each True or the name of its activation.

    pooled   (B, D), tanh
    nsp      float32 (B, 2), softmax; it comes with the pooler
    mlm      float32 (B, L, V), softmax

    "linear" instead of True gives logits. bert4keras returns nsp in place of pooled, and hidden_states only
    without heads.
    """
    found = {"hidden_states": x}
    if with_pool or with_nsp:
        pool = "tanh" if with_pool in (True, False) else with_pool
        first = FirstToken(name="Pooler")(x)
        found["pooled"] = dense(config.hidden_size, config, "Pooler-Dense", activation=activation(pool))(first)
    if with_nsp:
        nsp = "softmax" if with_nsp is True else with_nsp
        found["nsp"] = dense(2, config, "NSP-Proba", activation=nsp, dtype="float32")(found["pooled"])
    if with_mlm:
        mlm = "softmax" if with_mlm is True else with_mlm
        y = dense(config.embedding_size, config, "MLM-Dense", activation=activation(config.hidden_act))(x)
        y = layers.LayerNormalization(epsilon=config.layer_norm_eps or 1e-12, name="MLM-Norm")(y)
        y = Bias(name="MLM-Bias")(table(y, reverse=True))
        found["mlm"] = layers.Activation(mlm, dtype="float32", name="MLM-Activation")(y)
    return found
