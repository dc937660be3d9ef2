"""FGM: learn from embeddings moved along their gradient. Miyato et al., 2017, arXiv:1605.07725.

One more forward and backward pass per micro-batch. The paper moves every sequence, we move the table: one norm over all of it.
The weights learn from the moved pass alone; the loss that is shown is that of this pass.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import ranges
from baselines.training.strategies.perturbation import OnTable, moved, of_length


@dataclasses.dataclass(frozen=True)
class Fgm(OnTable):
    """step = epsilon g / ||g||, where g is the table's gradient; the update is by the gradients at table + step."""

    epsilon: float = 1.0
    """Length of the step; published CLUE runs use 0.5."""
    add_clean: bool = False
    """Add the gradients of the unmoved pass to those of the moved one."""

    def __post_init__(self):
        ranges(self, epsilon=(0, None))

    def gradients(self, loss_and_gradients: Callable, weights: dict[str, Any], step: Any) -> tuple:
        _, clean = loss_and_gradients(weights)
        loss, found = loss_and_gradients(moved(weights, self.table, of_length(clean[self.table], self.epsilon)))
        return loss, {path: found[path] + clean[path] for path in found} if self.add_clean else found


STRATEGY = Fgm
