"""Embedding with a dense mode, and the layers of positions: trained, sinusoidal, relative, T5's."""

import math
from typing import Any

import keras
from keras import ops

from baselines.compat.bert4keras.formulas import sinusoidal_embeddings
from baselines.compat.bert4keras.layer_parts import Layer, serialized
from baselines.compat.bert4keras.masking import token_mask


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class Embedding(keras.layers.ReversibleEmbedding):
    """Rows of a table; with mode="dense" the product with the table instead. The first position is never masked."""

    def call(self, inputs: Any, mode: str = "embedding", reverse: bool = False) -> Any:
        if mode == "embedding" and not reverse:
            return super().call(ops.cast(inputs, "int32"))
        return super().call(inputs, reverse=True)

    def compute_output_spec(self, inputs: Any, mode: str = "embedding", reverse: bool = False) -> Any:
        return super().compute_output_spec(inputs, reverse=reverse or mode != "embedding")

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if len(inputs.shape) != 2:
            return mask
        if not self.mask_zero:
            return None
        return token_mask(inputs)


class Positions(Layer):
    """x (B, L, D), or [x, position ids] with custom_position_ids, together with vectors of its positions.

    merge_mode   "add", "mul" by 1 + vectors, "zero" for the vectors alone, else both side by side
    """

    def __init__(self, output_dim: int, merge_mode: str = "add", custom_position_ids: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.output_dim, self.merge_mode, self.custom_position_ids = output_dim, merge_mode, custom_position_ids

    def call(self, inputs: Any) -> Any:
        x, position_ids = inputs if self.custom_position_ids else (inputs, ops.arange(ops.shape(inputs)[1])[None])
        vectors = self.vectors(position_ids)
        if self.merge_mode == "add":
            return x + vectors
        if self.merge_mode == "mul":
            return x * (vectors + 1.0)
        if self.merge_mode == "zero":
            return vectors
        return ops.concatenate([x, ops.broadcast_to(vectors, (*ops.shape(x)[:2], self.output_dim))], axis=-1)

    def vectors(self, position_ids: Any) -> Any:
        """(B or 1, L, D) of positions (B or 1, L)."""
        raise NotImplementedError

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask[0] if self.custom_position_ids and mask is not None else mask

    def get_config(self) -> dict:
        return {
            **super().get_config(), "output_dim": self.output_dim, "merge_mode": self.merge_mode,
            "custom_position_ids": self.custom_position_ids,
        }  # fmt: skip


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class PositionEmbedding(Positions):
    """Trained vectors of `input_dim` positions; `hierarchical` extends them to its square, see layers/position_embedding.py."""

    def __init__(
        self, input_dim: int, output_dim: int, merge_mode: str = "add", hierarchical: Any = None,
        embeddings_initializer: Any = "zeros", custom_position_ids: bool = False, **kwargs: Any,
    ):  # fmt: skip
        super().__init__(output_dim, merge_mode, custom_position_ids, **kwargs)
        self.input_dim, self.hierarchical = input_dim, hierarchical
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, input_shape: Any) -> None:
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.input_dim, self.output_dim), initializer=self.embeddings_initializer
        )

    def vectors(self, position_ids: Any) -> Any:
        table, position_ids = ops.convert_to_tensor(self.embeddings), ops.cast(position_ids, "int32")
        if not self.hierarchical:
            return ops.take(table, position_ids, axis=0)
        share = 0.4 if self.hierarchical is True else self.hierarchical
        table = (table - share * table[:1]) / (1 - share)
        coarse, fine = position_ids // self.input_dim, position_ids % self.input_dim
        return share * ops.take(table, coarse, axis=0) + (1 - share) * ops.take(table, fine, axis=0)

    def get_config(self) -> dict:
        return {
            **super().get_config(), "input_dim": self.input_dim, "hierarchical": self.hierarchical,
            "embeddings_initializer": serialized(self.embeddings_initializer),
        }  # fmt: skip


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class SinusoidalPositionEmbedding(Positions):
    """Fixed sines and cosines."""

    def vectors(self, position_ids: Any) -> Any:
        return sinusoidal_embeddings(position_ids, self.output_dim)


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class RelativePositionEmbedding(Layer):
    """[queries (B, Q, …), keys (B, K, …)] -> (Q, K, D): the vectors of distances, clipped to half the table's rows."""

    def __init__(self, input_dim: int, output_dim: int, embeddings_initializer: Any = "zeros", **kwargs: Any):
        super().__init__(**kwargs)
        self.input_dim, self.output_dim = input_dim, output_dim
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, input_shape: Any) -> None:
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.input_dim, self.output_dim), initializer=self.embeddings_initializer
        )

    def call(self, inputs: Any) -> Any:
        return ops.take(ops.convert_to_tensor(self.embeddings), self.compute_position_ids(inputs), axis=0)

    def distances(self, inputs: Any) -> Any:
        """int32 (Q, K): key - query."""
        queries, keys = inputs
        return ops.arange(ops.shape(keys)[1])[None, :] - ops.arange(ops.shape(queries)[1])[:, None]

    def compute_position_ids(self, inputs: Any) -> Any:
        """int32 (Q, K): the row of the table for each pair."""
        longest = (self.input_dim - 1) // 2
        return ops.clip(self.distances(inputs), -longest, longest) + longest

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor((inputs[0].shape[1], inputs[1].shape[1], self.output_dim), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None

    def get_config(self) -> dict:
        return {
            **super().get_config(), "input_dim": self.input_dim, "output_dim": self.output_dim,
            "embeddings_initializer": serialized(self.embeddings_initializer),
        }  # fmt: skip


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class RelativePositionEmbeddingT5(RelativePositionEmbedding):
    """T5's: near distances each have a row, far ones share rows by the logarithm; one direction only in decoders."""

    def __init__(self, input_dim: int, output_dim: int, max_distance: int = 128, bidirectional: bool = True, **kwargs: Any):
        super().__init__(input_dim, output_dim, **kwargs)
        self.max_distance, self.bidirectional = max_distance, bidirectional

    def compute_position_ids(self, inputs: Any) -> Any:
        behind, rows, offset = -self.distances(inputs), self.input_dim, 0
        if self.bidirectional:
            rows //= 2
            offset = ops.cast(behind < 0, "int32") * rows
            behind = ops.abs(behind)
        else:
            behind = ops.maximum(behind, 0)
        near = rows // 2
        far = ops.log(ops.maximum(ops.cast(behind, "float32"), 1.0) / near) / math.log(self.max_distance / near) * (rows - near)
        far = ops.minimum(near + ops.cast(far, "int32"), rows - 1)
        return offset + ops.where(behind < near, behind, far)

    def get_config(self) -> dict:
        return {**super().get_config(), "max_distance": self.max_distance, "bidirectional": self.bidirectional}
