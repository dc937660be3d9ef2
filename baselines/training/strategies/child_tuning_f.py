"""Child-Tuning F: dropout on gradients. Xu et al., 2021, arXiv:2109.05687.

Masks are fresh in every update and per entry. They fall on the averaged gradients, before clipping (the authors clip before), so
with --clip_norm the bound meets a norm that is 1 / sqrt(p) larger. A masked entry still moves by the optimizer's momentum, unless
`increments` masks the move itself: Su Jianlin's variant, kexue.fm/archives/8764.
"""

import dataclasses
from typing import Any

from baselines.plugins.settings import positive, ranges
from baselines.training.strategies.strategy import Strategy


@dataclasses.dataclass(frozen=True)
class ChildTuningF(Strategy):
    """g M / p, where every entry of M is 1 with probability p, else 0."""

    p: float = 0.3
    """Share of entries that stay."""
    increments: bool = False
    """Mask what the optimizer adds to the weights, weight decay with it, instead of the gradients."""

    def __post_init__(self):
        positive(self, "p")
        ranges(self, p=(0, 1))

    def before_update(self, gradients: dict[str, Any], weights: dict[str, Any], step: Any) -> dict[str, Any]:
        if self.increments:
            return gradients
        return {path: self.dropped(gradient, step) for path, gradient in gradients.items()}

    def after_update(
        self, weights: dict[str, Any], updated: dict[str, Any], gradients: dict[str, Any], step: Any
    ) -> dict[str, Any]:
        if not self.increments:
            return updated
        return {path: old + self.dropped(updated[path] - old, step) for path, old in weights.items()}

    def dropped(self, array: Any, step: Any) -> Any:
        from keras import ops

        if self.p == 1:
            return array
        return array * ops.cast(step.uniform(array.shape) < self.p, array.dtype) / self.p


STRATEGY = ChildTuningF
