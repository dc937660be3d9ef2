"""A loss whose rows depend on one another: they are compared by one vector each, and may also learn for themselves.

SimBERT's is the mean over rows of what tells them from each other, plus the mean over target tokens of their cross-entropy.
"""

import dataclasses
from collections.abc import Callable
from typing import ClassVar

COMPARED = "embedding"
"""The output by which rows are compared, float32 (B, D)."""
NEXT_TOKENS = "next"
"""The target of the rows' own loss; the others are marks by which rows are compared."""


@dataclasses.dataclass(frozen=True)
class ComparedRows:
    """weight * mean of `compare` + own_weight * mean of `own`.

    compare   (vectors (B, D), marks {name: (B, …)}, weights (B,)) -> (totals, counts), float32 (B,) each
    own       (next tokens, outputs) -> (totals, counts), or None

    A task's `loss` with `terms` in place of a call gives means that are added up. An update whose rows are in several
    micro-batches compares those of each one, unless a gradient cache (training/gradient_cache.py) holds the vectors of all.
    """

    compare: Callable
    own: Callable | None = None
    weight: float = 1.0
    own_weight: float = 1.0
    compared: ClassVar[str] = COMPARED

    def terms(self, targets, outputs, weights):
        """[(weight, totals, counts)]: the loss is the sum of weight * (mean of totals by counts)."""
        found = [(self.weight, *self.compare(outputs[COMPARED], self.marks(targets), weights))]
        return found + ([(self.own_weight, *self.own_loss(targets, outputs))] if self.own else [])

    def marks(self, targets):
        return {name: target for name, target in targets.items() if name != NEXT_TOKENS}

    def own_loss(self, targets, outputs):
        return self.own(targets[NEXT_TOKENS], outputs)
