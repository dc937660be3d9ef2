"""LAMB: Adam whose steps are as long as each weight, for batches of thousands. You et al., 2020, arXiv:1904.00962."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.plugins.settings import ranges
from baselines.task.recipe import Recipe
from baselines.training.optimizers.optimizer import Optimizer


@dataclasses.dataclass(frozen=True)
class Lamb(Optimizer):
    """See rules/lamb.py."""

    slots = 2

    beta_1: float = 0.9
    """Decay of the mean of gradients."""
    beta_2: float = 0.999
    """Decay of the mean of their squares."""
    epsilon: float = 1e-6
    """Added to the root of the latter, after its correction."""
    no_adaptation: tuple[str, ...] = ("bias", "norm")
    """Weights whose path contains one of these words take plain steps, in any case."""

    def __post_init__(self):
        ranges(self, beta_1=(0, 1), beta_2=(0, 1), epsilon=(0, None))

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        from baselines.training.optimizers.rules import lamb

        return lamb.Lamb(rate, **dataclasses.asdict(self), weight_decay=recipe.weight_decay, no_decay=recipe.no_decay)


OPTIMIZER = Lamb
