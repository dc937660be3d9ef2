"""DeBERTa's attention: content to content, content to position and position to content. He et al., 2020, arXiv:2006.03654.

Positions enter as the distance of two tokens, in version 2 cut into buckets that widen with the distance.
"""

import math
from typing import Any

import keras
from keras import ops

from baselines.layers.multi_head_attention import MultiHeadAttention

KINDS = ("c2p", "p2c")


@keras.saving.register_keras_serializable(package="baselines")
class DistanceBuckets(keras.layers.Layer):
    """x (B, L, ...) -> int32 (L, L): the row of the distance query - key in a table of 2 `span` rows. No weights.

    Distances up to half of `buckets` have a row each, those up to max_distance share the others by their logarithm; with buckets=0
    every distance has a row. span is buckets, or max_distance without them.
    """

    needs_slot_positions = True

    def __init__(self, buckets: int, max_distance: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.buckets = buckets
        self.max_distance = max_distance

    def call(self, x: Any) -> Any:
        position = ops.arange(ops.shape(x)[1], dtype="int32")
        return self.rows(position[:, None] - position[None, :])

    def decode_step(self, step: Any, x: Any) -> Any:
        """The rows between the tokens of a decoding step and the cached ones: int32 (B, Q, S)."""
        return self.rows(step.positions[:, :, None] - step.slot_positions[:, None, :])

    def rows(self, distance: Any) -> Any:
        """distance int32 (...) -> int32 (...)."""
        span = self.buckets or self.max_distance
        if self.buckets:
            middle = self.buckets // 2
            size = ops.cast(ops.maximum(ops.abs(distance), middle), "float32")
            far = ops.log(size / middle) / math.log((self.max_distance - 1) / middle) * (middle - 1)
            far = ops.cast(ops.ceil(far), "int32") + middle
            distance = ops.where(ops.abs(distance) <= middle, distance, far * ops.sign(distance))
        return ops.clip(distance + span, 0, 2 * span - 1)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return None

    def compute_output_spec(self, x: Any) -> Any:
        return keras.KerasTensor((x.shape[1], x.shape[1]), dtype="int32")

    def get_config(self) -> dict:
        return {**super().get_config(), "buckets": self.buckets, "max_distance": self.max_distance}


@keras.saving.register_keras_serializable(package="baselines")
class Table(keras.layers.Layer):
    """x -> the whole table, float (rows, size), whatever x is: distance vectors that all blocks share."""

    def __init__(self, rows: int, size: int, initializer_range: float = 0.02, **kwargs: Any):
        super().__init__(**kwargs)
        self.rows = rows
        self.size = size
        self.initializer_range = initializer_range

    def build(self, input_shape: tuple) -> None:
        initializer = keras.initializers.TruncatedNormal(stddev=self.initializer_range)
        self.embeddings = self.add_weight(shape=(self.rows, self.size), initializer=initializer, name="embeddings")

    def call(self, x: Any) -> Any:
        return ops.cast(self.embeddings, self.compute_dtype)

    def decode_step(self, step: Any, x: Any) -> Any:
        """As `call`."""
        return self(x)

    def compute_mask(self, x: Any, mask: Any = None) -> Any:
        return None

    def compute_output_spec(self, x: Any) -> Any:
        return keras.KerasTensor((self.rows, self.size), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        return {**super().get_config(), "rows": self.rows, "size": self.size, "initializer_range": self.initializer_range}


@keras.saving.register_keras_serializable(package="baselines")
class DisentangledAttention(MultiHeadAttention):
    """MultiHeadAttention with scores of the distance: hidden_states (B, L, D) -> (B, L, D).

    kinds              "c2p": queries meet the keys of distances; "p2c": keys meet the queries of distances
    share_projection   distances are projected as tokens are, or else by dense layers of their own
    """

    def __init__(self, *arguments: Any, kinds: tuple[str, ...] = KINDS, share_projection: bool = False, **kwargs: Any):
        super().__init__(*arguments, **kwargs, scale=(1 + len(kinds)) ** -0.5)
        if not set(kinds) <= set(KINDS):
            raise ValueError(f"{self.name}: kinds={kinds}. Give c2p, p2c or both.")
        self.kinds = tuple(kinds)
        self.share_projection = share_projection
        units, own = self.num_heads * self.key_size, not share_projection
        self.distance_key = self.dense(units, "distance_key") if own and "c2p" in kinds else None
        self.distance_query = self.dense(units, "distance_query") if own and "p2c" in kinds else None

    def build(self, hidden_states_shape: tuple, **shapes: Any) -> None:
        super().build(hidden_states_shape)
        for dense in (self.distance_key, self.distance_query):
            if dense is not None:
                dense.build((None, hidden_states_shape[-1]))

    def distance_scores(self, query: Any, key: Any, rows: Any, table: Any, heads_first: bool = False) -> Any:
        """Scores (B, H, Q, L), scaled.

        query, key   as in attention.attend
        rows         int32 (Q, L) or (B, Q, L), of DistanceBuckets
        table        float (T, D)
        """
        scores, axes = 0.0, "bhkd" if heads_first else "bkhd"
        if "c2p" in self.kinds:
            keys = self.heads((self.distance_key or self.key_dense)(table))
            scores = scores + pick(ops.einsum("bqhd,thd->bhqt", query, keys), rows, by_key=False)
        if "p2c" in self.kinds:
            queries = self.heads((self.distance_query or self.query_dense)(table))
            scores = scores + pick(ops.einsum(f"{axes},thd->bhkt", key, queries), rows, by_key=True)
        return scores * (self.scale * self.key_size**-0.5)

    def heads(self, x: Any) -> Any:
        """(T, H K) -> (T, H, K)."""
        return ops.reshape(x, (-1, self.num_heads, self.key_size))

    def call(
        self, hidden_states: Any, attention_mask: Any = None, rows: Any = None, table: Any = None, training: bool | None = None
    ) -> Any:
        query, key, value = self.project(hidden_states)
        scores = self.distance_scores(query, key, rows, table)
        mean, _ = self.attend(query, key, value, attention_mask, bias=scores, training=training)
        return self.merge(mean)

    def with_kv_cache(
        self,
        update_kv_cache: Any,
        hidden_states: Any,
        attention_mask: Any = None,
        rows: Any = None,
        table: Any = None,
        training: bool | None = None,
    ) -> Any:
        """As `call`, with the cached keys and values: see MultiHeadAttention.with_kv_cache."""
        query, key, value = self.project(hidden_states)
        key, value = update_kv_cache(self.name, *(ops.transpose(x, (0, 2, 1, 3)) for x in (key, value)))
        scores = self.distance_scores(query, key, rows, table, heads_first=True)
        mean, _ = self.attend(
            query, key, value, attention_mask, bias=scores, training=training, heads_first=True
        )
        return self.merge(mean)

    def get_config(self) -> dict:
        config = {**super().get_config(), "kinds": self.kinds, "share_projection": self.share_projection}
        return {name: value for name, value in config.items() if name != "scale"}


def pick(scores: Any, rows: Any, by_key: bool) -> Any:
    """The score of each pair of tokens, from those of one of them with every row of the table: (B, H, Q, L).

    scores   (B, H, Q, T) of queries or, `by_key`, (B, H, L, T) of keys
    rows     int32 (Q, L) or (B, Q, L)
    """
    if len(rows.shape) == 3:                                            # a decoding step: each row of the batch has its own
        rows = ops.transpose(rows, (0, 2, 1)) if by_key else rows
        heads = ops.broadcast_to(rows[:, None], (*ops.shape(rows)[:1], ops.shape(scores)[1], *ops.shape(rows)[1:]))
        picked = ops.take_along_axis(scores, heads, axis=-1)
        return ops.transpose(picked, (0, 1, 3, 2)) if by_key else picked
    batch, heads, tokens, width = ops.shape(scores)
    first = ops.arange(tokens, dtype="int32") * width
    flat = rows + (first[None, :] if by_key else first[:, None])
    picked = ops.take(ops.reshape(scores, (batch, heads, tokens * width)), ops.reshape(flat, (-1,)), axis=-1)
    return ops.reshape(picked, (batch, heads, *ops.shape(rows)))
