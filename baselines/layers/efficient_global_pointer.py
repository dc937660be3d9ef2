"""EfficientGlobalPointer: one span score shared by all categories, plus start and end scores per category. Su et al., 2022.

arXiv:2208.03054, section 3.3. A new category costs 4 K weights (K = `head_size`), not 2 D K as in GlobalPointer.
"""

from typing import Any

import keras
from keras import ops

from baselines.layers.global_pointer import GlobalPointer, hide_impossible


@keras.saving.register_keras_serializable(package="baselines")
class EfficientGlobalPointer(GlobalPointer):
    """As GlobalPointer: hidden_states (B, L, D), padding_mask bool (B, L) -> float32 (B, H, L, L).

    s(i, j) = (R_i q_i) (R_j k_j) / sqrt(K) + (start_h(i) + end_h(j)) / 2, with one q and k for all categories; start and
    end are linear in [q; k]. As in bert4keras, q and k alternate in the columns of their kernel, end and start in theirs.

    Args:
        initial_score: Of every span, by the bias of start and end, when training begins. With 0 the loss of a category begins at
            log(number of spans), and it takes thousands of small updates of a bias to say that nearly none is one.
    """

    def __init__(self, *args: Any, initial_score: float = 0.0, **kwargs: Any):
        self.initial_score = initial_score
        super().__init__(*args, **kwargs)

    def make_projections(self) -> None:
        self.projection = self.dense(2 * self.head_size, "projection")
        self.borders = self.dense(2 * self.heads, "borders")
        if self.initial_score:
            self.borders.bias_initializer = keras.initializers.Constant(self.initial_score)

    def build(self, hidden_states_shape: tuple, padding_mask_shape: tuple | None = None) -> None:
        self.projection.build(hidden_states_shape)
        self.borders.build((*hidden_states_shape[:-1], 2 * self.head_size))

    def call(self, hidden_states: Any, padding_mask: Any) -> Any:
        both = self.projection(hidden_states)                           # (B, L, 2 K)
        query, key = self.rotate_both(both[..., None, ::2], both[..., None, 1::2])
        spans = ops.einsum("bihk,bjhk->bhij", query * self.head_size**-0.5, key)
        borders = ops.transpose(self.borders(both), (0, 2, 1)) / 2      # (B, 2 H, L)
        scores = spans + borders[:, 1::2, :, None] + borders[:, ::2, None, :]
        return hide_impossible(ops.cast(scores, "float32"), padding_mask, self.upper)

    def get_config(self) -> dict:
        return {**super().get_config(), "initial_score": self.initial_score}
