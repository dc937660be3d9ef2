"""Cross-entropy plus epsilon (1 - p), p of the target. Leng et al., 2022, arXiv:2204.12511.

Cross-entropy is the sum over n of (1 - p)^n / n; this is the paper's Poly-1, another coefficient of its first term.
"""

import dataclasses
from typing import Any, ClassVar

from baselines.losses.cross_entropy import cross_entropy
from baselines.plugins.settings import ranges


@dataclasses.dataclass(frozen=True)
class Poly:
    """epsilon is best searched per task."""

    needs_table: ClassVar[bool] = False

    epsilon: float = 1.0
    """Added to the coefficient 1 of that term; 0 is cross-entropy."""

    def __post_init__(self):
        ranges(self, epsilon=(-1, None))

    def __call__(self, targets: Any, logits: Any) -> Any:
        from keras import ops

        loss = cross_entropy(targets, {"logits": logits})
        return loss - self.epsilon * ops.expm1(-loss)


LOSS = Poly
