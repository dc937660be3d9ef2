"""From pointers to both ends of subjects to a few of them: each start with the nearest end at or behind it."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class SubjectPicker(keras.layers.Layer):
    """probabilities float (B, L, 2), mask bool (B, L), marks int (B, L) twice -> int32 (B, K, 2): first and last token.

    In training K = 1: the subject whose first and last token are marked, token 0 without marks. Otherwise the K starts of the
    highest probability above `threshold`, with (-1, -1) where there are fewer.

    Args:
        count: K outside training.
        threshold: Probability above which a token is a start or an end.
    """

    def __init__(self, count: int = 8, threshold: float = 0.4, **kwargs: Any):
        super().__init__(**kwargs)
        self.count, self.threshold = count, threshold

    def call(self, probabilities: Any, mask: Any, first_mark: Any, last_mark: Any, training: bool | None = None) -> Any:
        if training:
            return ops.cast(ops.stack([ops.argmax(first_mark, axis=1), ops.argmax(last_mark, axis=1)], axis=-1)[:, None], "int32")
        length = ops.shape(probabilities)[1]
        position = ops.arange(length, dtype="int32")
        starts = ops.where(mask, probabilities[..., 0], 0.0)
        is_end = ops.logical_and(mask, probabilities[..., 1] > self.threshold)
        at_or_behind = ops.logical_and(is_end[:, None, :], position[None, :] >= position[:, None])          # (B, L, L)
        nearest = ops.min(ops.where(at_or_behind, position, length), axis=-1)
        scores = ops.where(ops.logical_and(starts > self.threshold, nearest < length), starts, 0.0)
        # Rows of padding make short texts long enough to choose K of.
        scores = ops.pad(scores, ((0, 0), (0, self.count)))
        values, first = ops.top_k(scores, self.count)
        last = ops.take_along_axis(ops.pad(nearest, ((0, 0), (0, self.count))), first, axis=1)
        pairs = ops.stack([ops.cast(first, "int32"), ops.cast(last, "int32")], axis=-1)
        return ops.where(values[..., None] > 0, pairs, -1)

    def compute_output_spec(self, probabilities: Any, mask: Any, first_mark: Any, last_mark: Any, training: Any = None) -> Any:
        return keras.KerasTensor((probabilities.shape[0], None, 2), dtype="int32")

    def get_config(self) -> dict:
        return {**super().get_config(), "count": self.count, "threshold": self.threshold}
