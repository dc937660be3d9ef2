"""Cross-entropy softened towards smooth accuracy, against noisy labels and over-confidence: TaiLr, arXiv:2302.13344.

-log(gamma + (1 - gamma) p) / (1 - gamma), p of the target: 0 is cross-entropy, 1 is 1 - p. Its gradient is that of
cross-entropy times p / (gamma + (1 - gamma) p): what looks impossible pulls less. The authors take 1e-7 for language models, .1
for translation, .8 for summaries. Worked: p = .5: .664263 for .1, .526803 for .8.
"""

import dataclasses
import math
from typing import Any, ClassVar

from baselines.losses.cross_entropy import cross_entropy
from baselines.plugins.settings import ranges


@dataclasses.dataclass(frozen=True)
class GammaCrossEntropy:
    """Computed in logarithms, from the side on which nothing cancels."""

    needs_table: ClassVar[bool] = False

    gamma: float = 0.1
    """From 0, cross-entropy, to 1, smooth accuracy: near 0 from random weights, larger to fine-tune."""

    def __post_init__(self):
        ranges(self, gamma=(0, 1))

    def __call__(self, targets: Any, logits: Any) -> Any:
        from keras import ops

        loss, gamma = cross_entropy(targets, {"logits": logits}), self.gamma
        if gamma == 0:
            return loss
        missed = -ops.expm1(-loss)                                      # 1 - p
        if gamma == 1:
            return missed
        if gamma > 0.5:
            return -ops.log1p(-(1 - gamma) * missed) / (1 - gamma)
        return -ops.logaddexp(math.log(gamma), math.log1p(-gamma) - loss) / (1 - gamma)


LOSS = GammaCrossEntropy
