"""Tiger: signs and relative rates; accumulates without extra memory, survives NaN. Su Jianlin, 2023, kexue.fm/archives/9512."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.plugins.settings import ranges
from baselines.task.recipe import Recipe
from baselines.training.optimizers.optimizer import Optimizer


@dataclasses.dataclass(frozen=True)
class Tiger(Optimizer):
    """See rules/tiger.py. Rates of 1e-3 to 2e-3 for matrices, which are relative to their size."""

    slots = 1
    accumulates = True

    beta: float = 0.965
    """Decay of the moment (vision: 0.945)."""
    shrink: float = 0.99
    """What a weight whose gradient is not finite is multiplied by."""

    def __post_init__(self):
        ranges(self, beta=(0, 1), shrink=(0, 1))

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        from baselines.training.optimizers.rules import tiger

        return tiger.Tiger(rate, self.beta, self.shrink, weight_decay=recipe.weight_decay, no_decay=recipe.no_decay)


OPTIMIZER = Tiger
