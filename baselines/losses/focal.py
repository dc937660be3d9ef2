"""Focal loss, cross-entropy that weighs easy examples less: (1 - p)^gamma CE. Lin et al., 2017, arXiv:1708.02002.

For classes of one softmax, without the paper's weights of the two classes of a detector.
"""

import dataclasses
from typing import Any, ClassVar

from baselines.losses.cross_entropy import cross_entropy
from baselines.plugins.settings import ranges


@dataclasses.dataclass(frozen=True)
class Focal:
    """p is the probability of the target."""

    needs_table: ClassVar[bool] = False

    gamma: float = 2.0
    """How much less; 0 is cross-entropy."""

    def __post_init__(self):
        ranges(self, gamma=(0, None))

    def __call__(self, targets: Any, logits: Any) -> Any:
        from keras import ops

        loss = cross_entropy(targets, {"logits": logits})
        missed = ops.maximum(-ops.expm1(-loss), 1e-12)                  # 1 - p; a root of 0 has no gradient
        return ops.power(missed, self.gamma) * loss


LOSS = Focal
