"""Trained positions that count real tokens only, from pad_token_id + 1, as in fairseq. Liu et al., 2019, arXiv:1907.11692."""

from typing import Any

from keras import ops, saving

from baselines.layers.position_embedding import PositionEmbedding


@saving.register_keras_serializable(package="baselines")
class PaddedPositionEmbedding(PositionEmbedding):
    """x (B, L, D), token_ids int32 (B, L) -> x + table[pad_token_id + n] for the n-th real token, n = 0 for padding."""

    def __init__(self, num_positions: int, pad_token_id: int = 1, **kwargs: Any):
        super().__init__(num_positions, **kwargs)
        self.pad_token_id = pad_token_id

    def build(self, x_shape: tuple, token_ids_shape: tuple) -> None:
        super().build(x_shape)

    def call(self, x: Any, token_ids: Any) -> Any:
        length, limit = ops.shape(x)[1], self.num_positions - self.pad_token_id - 1
        if isinstance(length, int) and length > limit:
            raise ValueError(
                f"{self.name}: a row has {length} tokens, but there are position embeddings for {limit}. "
                "Truncate the texts (max_length)."
            )
        real = ops.cast(ops.not_equal(token_ids, self.pad_token_id), "int32")
        return x + self.vectors(ops.cumsum(real, axis=1) * real + self.pad_token_id, x.dtype)

    def decode_step(self, step: Any, x: Any, token_ids: Any) -> Any:
        """x (B, Q, D) of the tokens of a decoding step, plus their position embeddings."""
        return x + self.vectors(step.positions + self.pad_token_id + 1, x.dtype)

    def compute_output_shape(self, x_shape: tuple, token_ids_shape: tuple) -> tuple:
        return x_shape

    def get_config(self) -> dict:
        config = {**super().get_config(), "pad_token_id": self.pad_token_id}
        return {name: value for name, value in config.items() if name != "hierarchical"}
