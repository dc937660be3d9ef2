"""PGD: FGM in several smaller steps that stay within a ball. Madry et al., 2018, arXiv:1706.06083.

`steps` more forward and backward passes per micro-batch. Su Jianlin prefers FGM (kexue.fm/archives/7234).
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import ranges
from baselines.training.strategies.perturbation import OnTable, norm, perturb, scale_to_norm


@dataclasses.dataclass(frozen=True)
class Pgd(OnTable):
    """steps times: shift += step_size g / ||g||, shortened to epsilon if it is longer; the update is by the gradients there."""

    epsilon: float = 1.0
    """Longest shift."""
    step_size: float = 0.3
    """Length of each step."""
    steps: int = 3
    """How many; 1 with step_size = epsilon is fgm."""

    copies = 1                                                          # the shift, as large as its table

    def __post_init__(self):
        ranges(self, epsilon=(0, None), step_size=(0, None), steps=(1, None))

    def gradients(self, loss_and_gradients: Callable, weights: dict[str, Any], step: Any) -> tuple:
        shift = 0 * weights[self.table]
        for _ in range(self.steps):
            _, gradients = loss_and_gradients(perturb(weights, self.table, shift))
            shift = within(shift + scale_to_norm(gradients[self.table], self.step_size), self.epsilon)
        return loss_and_gradients(perturb(weights, self.table, shift))


def within(shift: Any, epsilon: float) -> Any:
    """`shift`, shortened to the norm epsilon if it is longer."""
    from keras import ops

    return shift * ops.minimum(1.0, epsilon / ops.maximum(norm(shift), 1e-12))


STRATEGY = Pgd
