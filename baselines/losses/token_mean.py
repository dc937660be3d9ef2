"""The mean of a per-target loss over the tokens of a row that have a target."""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.losses.cross_entropy import cross_entropy


@dataclasses.dataclass(frozen=True)
class TokenMean:
    """(targets, outputs) -> (totals, counts), float32 (B,) each: targets int32 (B, L), -1 where there is nothing to learn.

    formula   (targets (B, L), {"logits": (B, L, C)}) -> float32 (B, L)
    """

    formula: Callable = cross_entropy

    def __call__(self, targets: Any, outputs: Any) -> Any:
        from keras import ops

        real = targets >= 0
        losses = self.formula(ops.maximum(targets, 0), outputs)         # a missing target still needs a valid index
        return ops.sum(ops.where(real, losses, 0.0), axis=-1), ops.sum(ops.cast(real, "float32"), axis=-1)
