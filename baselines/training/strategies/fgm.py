"""FGM: adversarial training on embeddings perturbed along their gradient. Miyato et al., 2017, arXiv:1605.07725.

One more forward and backward pass per micro-batch. The paper perturbs each sequence, we the table, with one norm.
The weights learn from the perturbed pass alone, whose loss is reported.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import ranges
from baselines.training.strategies.perturbation import OnTable, perturb, scale_to_norm


@dataclasses.dataclass(frozen=True)
class Fgm(OnTable):
    """step = epsilon g / ||g||, where g is the table's gradient; the update is by the gradients at table + step."""

    epsilon: float = 1.0
    """Length of the step; published CLUE runs use 0.5."""
    add_clean: bool = False
    """Add the gradients of the clean pass to those of the perturbed one."""

    def __post_init__(self):
        ranges(self, epsilon=(0, None))

    def gradients(self, loss_and_gradients: Callable, weights: dict[str, Any], step: Any) -> tuple:
        _, clean = loss_and_gradients(weights)
        loss, perturbed = loss_and_gradients(perturb(weights, self.table, scale_to_norm(clean[self.table], self.epsilon)))
        return loss, {path: perturbed[path] + clean[path] for path in perturbed} if self.add_clean else perturbed


STRATEGY = Fgm
