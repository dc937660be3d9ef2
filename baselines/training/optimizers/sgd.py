"""Stochastic gradient descent with decoupled weight decay; momentum as an option. Robbins and Monro, 1951; Polyak, 1964."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.plugins.settings import ranges
from baselines.task.recipe import Recipe
from baselines.training.optimizers import weights_without_decay
from baselines.training.optimizers.optimizer import Optimizer


@dataclasses.dataclass(frozen=True)
class Sgd(Optimizer):
    """Keras' SGD."""

    momentum: float = 0.0
    """Share of the last step that the next one keeps; 0 needs no memory."""
    nesterov: bool = False
    """Look ahead along the momentum."""

    def __post_init__(self):
        ranges(self, momentum=(0, 1))

    @property
    def slots(self) -> int:
        return 1 if self.momentum else 0

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        import keras

        optimizer = keras.optimizers.SGD(rate, self.momentum, self.nesterov, weight_decay=recipe.weight_decay)
        optimizer.exclude_from_weight_decay(var_list=weights_without_decay(recipe, weights))
        return optimizer


OPTIMIZER = Sgd
