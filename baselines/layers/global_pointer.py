"""GlobalPointer: a score for every span of every category, from its first and its last token. Su et al., 2022, arXiv:2208.03054."""

from typing import Any

import keras
from keras import ops

from baselines.layers.attention import MASKED
from baselines.layers.dense import Dense
from baselines.layers.rotary_position import RotaryPosition, rotate


def hide_impossible(scores: Any, padding_mask: Any, upper: bool = True) -> Any:
    """Scores (B, H, L, L) with MASKED where start or end is padding or, if `upper`, the end is before the start.

    padding_mask  bool (B, L), 1 = real
    """
    possible = ops.logical_and(ops.expand_dims(padding_mask, (1, 3)), ops.expand_dims(padding_mask, (1, 2)))
    if upper:
        position = ops.arange(ops.shape(scores)[-1])
        possible = ops.logical_and(possible, position[:, None] <= position)
    return ops.where(possible, scores, MASKED)


@keras.saving.register_keras_serializable(package="baselines")
class GlobalPointer(keras.layers.Layer):
    """hidden_states (B, L, D), padding_mask bool (B, L) -> float32 (B, H, L, L): [h, i, j] is tokens i to j as category h.

    s(i, j) = (R_i q_i) (R_j k_j) / sqrt(K), with a q and a k of K = `head_size` for each of H = `heads` categories, turned
    by their position if `rotary`. A span is predicted when its score is positive. Impossible spans (padding; with `upper`
    also those that end before they start) have -1e9. The one kernel (D, H * 2 * K) holds q and k of a category side by side.
    """

    def __init__(
        self,
        heads: int,
        head_size: int = 64,
        rotary: bool = True,
        use_bias: bool = True,
        upper: bool = True,
        kernel_initializer: str = "lecun_normal",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.heads = heads
        self.head_size = head_size
        self.rotary = rotary
        self.use_bias = use_bias
        self.upper = upper
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.position = RotaryPosition(head_size, dtype=self.dtype_policy, name="position") if rotary else None
        self.make_projections()

    def make_projections(self) -> None:
        self.projection = self.dense(self.heads * 2 * self.head_size, "projection")

    def dense(self, units: Any, name: str) -> Dense:
        return Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )

    def build(self, hidden_states_shape: tuple, padding_mask_shape: tuple | None = None) -> None:
        self.projection.build(hidden_states_shape)

    def call(self, hidden_states: Any, padding_mask: Any) -> Any:
        length = ops.shape(hidden_states)[1]
        both = ops.reshape(self.projection(hidden_states), (-1, length, self.heads, 2 * self.head_size))
        query, key = self.rotate_both(both[..., : self.head_size], both[..., self.head_size :])
        scores = ops.einsum("bihk,bjhk->bhij", query * self.head_size**-0.5, key)
        return hide_impossible(ops.cast(scores, "float32"), padding_mask, self.upper)

    def rotate_both(self, query: Any, key: Any) -> tuple:
        """Queries and keys (B, L, H, K), rotated by their positions."""
        if self.position is None:
            return query, key
        rotary = self.position(query)
        return rotate(query, rotary), rotate(key, rotary)

    def compute_mask(self, hidden_states: Any, padding_mask: Any, previous_mask: Any = None) -> Any:
        return None

    def compute_output_spec(self, hidden_states: Any, padding_mask: Any) -> Any:
        batch, length = hidden_states.shape[:2]
        return keras.KerasTensor((batch, self.heads, length, length), dtype="float32")

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "heads": self.heads,
            "head_size": self.head_size,
            "rotary": self.rotary,
            "use_bias": self.use_bias,
            "upper": self.upper,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
