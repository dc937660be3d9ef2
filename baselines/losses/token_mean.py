"""A formula for one target, taken over the tokens of a row: their mean, without those that have no target."""

import dataclasses
from collections.abc import Callable

from baselines.losses.cross_entropy import cross_entropy


@dataclasses.dataclass(frozen=True)
class TokenMean:
    """(targets, outputs) -> (totals, counts), float32 (B,) each: targets int32 (B, L), -1 where there is nothing to learn.

    formula   (targets (B, L), {"logits": (B, L, C)}) -> float32 (B, L)
    """

    formula: Callable = cross_entropy

    def __call__(self, targets, outputs):
        from keras import ops

        real = targets >= 0
        losses = self.formula(ops.maximum(targets, 0), outputs)         # a target that is not there must still be one to look up
        return ops.sum(ops.where(real, losses, 0.0), axis=-1), ops.sum(ops.cast(real, "float32"), axis=-1)
