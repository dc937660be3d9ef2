"""Gradient penalty: on the squared gradient by the embeddings. Su Jianlin, 2020, kexue.fm/archives/7234; arXiv:1711.09404.

A backward pass through a backward pass: two to three times the time of a step, and more memory. The loss is a mean over the
batch, so the penalty shrinks as 1/B: epsilon belongs to a batch size.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import ranges
from baselines.training.strategies.perturbation import OnTable


@dataclasses.dataclass(frozen=True)
class GradientPenalty(OnTable):
    """loss + epsilon / 2 times the sum of squares of its gradient by the embeddings, taken of the unscaled loss, in float32."""

    epsilon: float = 1.0
    """Weight of the penalty."""
    dense: bool = False
    """Sum the gradients of equal tokens before squaring (those of the table); else each occurrence counts by itself."""

    passes = 3

    def __post_init__(self):
        ranges(self, epsilon=(0, None))

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        from keras import ops

        def by_table(arrays):
            return compute_loss(weights | {self.table: arrays["x"]})

        def by_vectors(arrays):
            with step.perturbed(self.table, arrays["x"]):
                return compute_loss(weights)

        function = by_table if self.dense else by_vectors
        x = weights[self.table] if self.dense else self._no_shift(weights, step)
        loss, outputs, gradients = step.differentiate(function, {"x": x}, by_rows=not self.dense)
        squares = ops.sum(ops.square(ops.cast(gradients["x"], "float32")))
        return loss + self.epsilon / 2 * (squares if self.dense else step.total(squares)), outputs

    def _no_shift(self, weights, step):
        """Zeros (B, …, L, D): one vector for each token of the batch."""
        from keras import ops

        ids = step.batch["features"]["token_ids"]
        return ops.zeros((*ops.shape(ids), weights[self.table].shape[-1]), dtype="float32")


STRATEGY = GradientPenalty
