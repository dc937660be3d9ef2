"""Segment vectors for the tokens that have a segment: where segments are optional, 0 means none."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class SegmentChoice(keras.layers.Layer):
    """vectors (B, L, D), segment_ids int (B, L) -> (B, L, D), zeros where the segment is 0."""

    def call(self, vectors: Any, segment_ids: Any) -> Any:
        return ops.where(ops.equal(segment_ids, 0)[..., None], ops.zeros_like(vectors), vectors)

    def compute_output_shape(self, vectors_shape: tuple, segment_ids_shape: tuple) -> tuple:
        return vectors_shape
