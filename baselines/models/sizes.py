"""How large a model is, from its configuration alone: for estimates of memory and time before anything is built."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Numbers of weights, and what a block computes with.

    Attributes:
        tables: Weights of embedding tables and their norm.
        inside: Weights of everything else but heads.
        multiplied: Weights that each token is multiplied by: those inside, as often as they are used.
        blocks: How many blocks a token passes.
        inner: Columns between the dense layers of a block that backward needs: intermediate_size, more with a gate.
        scores: Score matrices (L, L) of a block: its heads.
    """

    tables: int
    inside: int
    multiplied: int
    blocks: int
    inner: int
    scores: int

    @property
    def parameters(self) -> int:
        """All weights but heads."""
        return self.tables + self.inside


def with_decoder(encoder: Sizes, decoder: Sizes, cross: int) -> Sizes:
    """The Sizes of an encoder and a decoder behind one token table, as if every target were as long as its source.

    Args:
        encoder: With the tables of both.
        decoder: Without tables; a block's scores are those of self-attention.
        cross: Weights of a decoder block's cross-attention.
    """
    blocks, inside = encoder.blocks + decoder.blocks, encoder.inside + decoder.inside + decoder.blocks * cross
    return Sizes(encoder.tables, inside, inside, blocks, max(encoder.inner, decoder.inner), max(encoder.scores, 2 * decoder.scores))


def transformer(
    config: Any,
    positions: int = 0,
    norm: int = 2,
    embedding_norm: int | None = None,
    biases: bool = True,
    feed_forward_biases: bool | None = None,
    gate: bool = False,
    distinct_blocks: int | None = None,
    other_inside: int = 0,
    other_tables: int = 0,
) -> Sizes:
    """The Sizes of a stack of Transformer blocks behind embeddings of tokens and segments.

    Args:
        config: A Config.
        positions: Rows of the position table.
        norm: Weights per column of a norm: 2 with gamma and beta, 1 for the RMS norm, 0 for none.
        embedding_norm: Likewise, of the embeddings; None: as the blocks'.
        biases: Whether attention and the projection of the embeddings have biases.
        feed_forward_biases: Likewise for the feed-forward; None: as attention.
        gate: Whether the feed-forward has one.
        distinct_blocks: How many blocks have weights of their own; None: all.
        other_inside: Further weights, used once for each token.
        other_tables: Further weights of tables.
    """
    d, e, f = config.hidden_size, config.embedding_size, config.intermediate_size
    keys, values = (config.num_attention_heads * size for size in (config.attention_key_size, config.attention_head_size))
    block = 2 * d * keys + 2 * d * values + (2 + gate) * d * f + 2 * norm * d
    block += (2 * keys + values + d) * biases
    block += ((1 + gate) * f + d) * (biases if feed_forward_biases is None else feed_forward_biases)
    mapping = 0 if e == d else e * d + d * biases
    rows = config.vocab_size + config.type_vocab_size + positions
    blocks = config.num_hidden_layers
    other_inside += norm * d * (config.norm_placement == "pre")         # the last norm
    distinct = blocks if distinct_blocks is None else min(distinct_blocks, blocks)
    return Sizes(
        tables=rows * e + (norm if embedding_norm is None else embedding_norm) * e + other_tables,
        inside=distinct * block + mapping + other_inside,
        multiplied=blocks * block + mapping + other_inside,
        blocks=blocks,
        inner=f + gate * f // 2,
        scores=config.num_attention_heads,
    )
