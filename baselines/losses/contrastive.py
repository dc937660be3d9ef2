"""A contrastive loss: the rows of a batch are compared by one vector each, optionally beside a language-model loss.

SimBERT's is the mean over rows of a softmax over the others, plus the mean over target tokens of their cross-entropy.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from baselines.losses.batch_loss import BatchLoss

EMBEDDING = "embedding"
"""The output by which rows are compared, float32 (B, D)."""
NEXT_TOKENS = "next"
"""The target of the rows' own loss; the others are marks by which rows are compared."""


@dataclasses.dataclass(frozen=True)
class ContrastiveLoss(BatchLoss):
    """weight * mean of `compare` + own_weight * mean of `own`.

    Attributes:
        compare: (vectors (B, D), marks {name: (B, …)}, weights (B,)) -> (totals, counts), float32 (B,) each.
        own: (next tokens, outputs) -> (totals, counts), or None.
        output_name: of the vectors among the model's outputs.

    An update whose rows are in several micro-batches compares those of each one, unless a gradient cache
    (training/gradient_cache.py) holds the vectors of all.
    """

    compare: Callable
    own: Callable | None = None
    weight: float = 1.0
    own_weight: float = 1.0
    output_name: ClassVar[str] = EMBEDDING

    def terms(self, targets: Any, outputs: Any, weights: Any) -> list[tuple]:
        terms = [(self.weight, *self.compare(outputs[EMBEDDING], self.marks(targets), weights))]
        return terms + ([(self.own_weight, *self.own_loss(targets, outputs))] if self.own else [])

    def marks(self, targets: Any) -> dict:
        return {name: target for name, target in targets.items() if name != NEXT_TOKENS}

    def own_loss(self, targets: Any, outputs: Any) -> Any:
        return self.own(targets[NEXT_TOKENS], outputs)
