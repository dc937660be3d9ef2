"""Adam without weight decay: --weight_decay is ignored. Kingma and Ba, 2015, arXiv:1412.6980."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.plugins.settings import ranges
from baselines.task.recipe import Recipe
from baselines.training.optimizers.optimizer import Optimizer


@dataclasses.dataclass(frozen=True)
class Adam(Optimizer):
    """Keras' Adam. Its epsilon is added before bias correction: at update t it counts as epsilon/sqrt(1-beta_2^t)."""

    slots = 2

    beta_1: float = 0.9
    """Decay of the mean of gradients."""
    beta_2: float = 0.999
    """Decay of the mean of their squares."""
    epsilon: float = 1e-6
    """Added to the root of the latter."""

    def __post_init__(self):
        ranges(self, beta_1=(0, 1), beta_2=(0, 1), epsilon=(0, None))

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        import keras

        return keras.optimizers.Adam(rate, self.beta_1, self.beta_2, self.epsilon)


OPTIMIZER = Adam
