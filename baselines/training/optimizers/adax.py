"""AdaX: Adam whose second moment remembers more as training goes on. Li et al., 2020, arXiv:2004.09740."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.plugins.settings import ranges
from baselines.task.recipe import Recipe
from baselines.training.optimizers.optimizer import Optimizer


@dataclasses.dataclass(frozen=True)
class AdaX(Optimizer):
    """See rules/adax.py."""

    slots = 2

    beta_1: float = 0.9
    """Decay of the mean of gradients; it is not corrected."""
    beta_2: float = 1e-4
    """Weight of a new square beside those before: the larger, the sooner old ones are forgotten."""
    epsilon: float = 1e-7
    """Added to the root of the squares."""

    def __post_init__(self):
        ranges(self, beta_1=(0, 1), beta_2=(1e-8, None), epsilon=(0, None))

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        from baselines.training.optimizers.rules import adax

        return adax.AdaX(rate, **dataclasses.asdict(self), weight_decay=recipe.weight_decay, no_decay=recipe.no_decay)


OPTIMIZER = AdaX
