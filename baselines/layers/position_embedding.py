"""Trained position embeddings; hierarchical decomposition extends n of them to n^2 (Su, 2020, kexue.fm/archives/7947)."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class PositionEmbedding(keras.layers.Layer):
    """x (B, L, D) -> x + p (L, D).

    With `hierarchical` = a in (0, 1), a not 0.5, position i n + j gets a u_i + (1 - a) u_j, where n is the number of
    trained positions and u = (p - a p_0) / (1 - a): the first n stay what they were.

    offset   rows before that of position 0, which nothing uses: 2 in BART
    """

    def __init__(
        self,
        num_positions: int,
        hierarchical: float | bool | None = None,
        initializer_range: float = 0.02,
        offset: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_positions = num_positions
        self.hierarchical = hierarchical
        self.initializer_range = initializer_range
        self.offset = offset
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        self.embeddings = self.add_weight(
            shape=(self.num_positions + self.offset, input_shape[-1]),
            initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            name="embeddings",
        )

    def call(self, x: Any) -> Any:
        length = ops.shape(x)[1]
        limit = self.num_positions**2 if self.hierarchical else self.num_positions
        if isinstance(length, int) and length > limit:
            raise ValueError(
                f"{self.name}: a row has {length} tokens, but there are position embeddings for {limit}. "
                "Truncate the texts (max_length), or set `hierarchical_position`."
            )
        if not self.hierarchical:
            return x + ops.cast(self.embeddings, x.dtype)[self.offset :][:length]
        return x + self.vectors(ops.arange(length, dtype="int32"), x.dtype)

    def decode_step(self, step: Any, x: Any) -> Any:
        """x (B, Q, D) of the tokens of a decoding step, plus their position embeddings."""
        return x + self.vectors(step.positions, x.dtype)

    def vectors(self, position: Any, dtype: str) -> Any:
        """position int32 (...) -> (..., D)."""
        if not self.hierarchical:
            return ops.cast(ops.take(self.embeddings, position + self.offset, axis=0), dtype)
        share = self.hierarchical
        table = (self.embeddings - share * self.embeddings[:1]) / (1 - share)
        coarse = ops.take(table, position // self.num_positions, axis=0)
        fine = ops.take(table, position % self.num_positions, axis=0)
        return ops.cast(share * coarse + (1 - share) * fine, dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_positions": self.num_positions,
            "hierarchical": self.hierarchical,
            "initializer_range": self.initializer_range,
            "offset": self.offset,
        }
