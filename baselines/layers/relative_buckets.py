"""T5's relative positions: a trained score per head for each bucket of distances. Raffel et al., 2019, arXiv:1910.10683.

Short distances have a bucket each, longer ones share buckets that grow logarithmically up to `max_distance`; the last bucket holds
all beyond.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class RelativePositionBuckets(keras.layers.Layer):
    """x (B, Q, …) -> (1, H, Q, K), added to the scores of attention.

    Keys are the tokens of x, or with `source_mask` (B, 1, 1, K) those of the source.

    bidirectional   half of the buckets are for keys behind the query; else these all have the bucket of distance 0
    """

    def __init__(
        self,
        num_heads: int,
        num_buckets: int = 32,
        max_distance: int = 128,
        bidirectional: bool = True,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.num_buckets = num_buckets
        self.max_distance = max_distance
        self.bidirectional = bidirectional
        self.initializer_range = initializer_range
        self.table = distance_buckets(num_buckets // 2 if bidirectional else num_buckets, max_distance)

    def build(self, x_shape: tuple) -> None:
        self.embeddings = self.add_weight(
            shape=(self.num_buckets, self.num_heads),
            initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            name="embeddings",
        )

    def call(self, x: Any, source_mask: Any = None) -> Any:
        queries = ops.shape(x)[1]
        keys = queries if source_mask is None else ops.shape(source_mask)[-1]
        distance = ops.arange(keys, dtype="int32")[None, :] - ops.arange(queries, dtype="int32")[:, None]
        return self.scores(distance[None])

    needs_slot_positions = True

    def decode_step(self, step: Any, x: Any, source_mask: Any = None) -> Any:
        """The scores between the tokens of a decoding step and the cached ones, or those of the source: (B, H, Q, K)."""
        if source_mask is None:
            keys = step.slot_positions
        else:
            keys = ops.arange(ops.shape(source_mask)[-1], dtype="int32")[None]
        return self.scores(keys[:, None, :] - step.positions[:, :, None])

    def scores(self, distance: Any) -> Any:
        """distance int32 (B, Q, K), key minus query -> (B, H, Q, K)."""
        buckets = ops.take(ops.convert_to_tensor(self.table), ops.minimum(self.magnitude(distance), len(self.table) - 1))
        if self.bidirectional:
            buckets = buckets + ops.where(distance > 0, self.num_buckets // 2, 0)
        scores = ops.take(ops.cast(self.embeddings, self.compute_dtype), buckets, axis=0)
        return ops.transpose(scores, (0, 3, 1, 2))

    def magnitude(self, distance: Any) -> Any:
        return ops.abs(distance) if self.bidirectional else ops.maximum(-distance, 0)

    def compute_mask(self, x: Any, mask: Any = None, **kwargs: Any) -> Any:
        return None

    def compute_output_spec(self, x: Any, source_mask: Any = None) -> Any:
        keys = x.shape[1] if source_mask is None else source_mask.shape[-1]
        return keras.KerasTensor((1, self.num_heads, x.shape[1], keys), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "num_buckets": self.num_buckets,
            "max_distance": self.max_distance,
            "bidirectional": self.bidirectional,
            "initializer_range": self.initializer_range,
        }


def distance_buckets(num_buckets: int, max_distance: int) -> np.ndarray:
    """int32 (max_distance + 1,): the bucket of each distance; longer ones have the last.

    Computed once, in float32 as the published models: compilers round logarithms in different ways, and at the boundary of two
    buckets that changes the bucket.
    """
    exact = num_buckets // 2
    distance = np.arange(max_distance + 1)
    with np.errstate(divide="ignore"):
        logarithm = np.log(distance.astype(np.float32) / np.float32(exact)) / np.float32(math.log(max_distance / exact))
    coarse = exact + np.maximum(logarithm * np.float32(num_buckets - exact), 0).astype(np.int32)
    return np.where(distance < exact, distance, np.minimum(coarse, num_buckets - 1)).astype(np.int32)
