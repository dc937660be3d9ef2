"""Lion: the sign of one moment; fast and light, weak below batches of 64. Chen et al., 2023, arXiv:2302.06675."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.plugins.settings import ranges
from baselines.task.recipe import Recipe
from baselines.training.optimizers import weights_without_decay
from baselines.training.optimizers.optimizer import Optimizer


@dataclasses.dataclass(frozen=True)
class Lion(Optimizer):
    """Keras' Lion with the values for language (vision: 0.9 and 0.99). A tenth of AdamW's rate, and more decay."""

    slots = 1

    beta_1: float = 0.95
    """Weight of the moment in the sign."""
    beta_2: float = 0.98
    """Decay of the moment."""

    def __post_init__(self):
        ranges(self, beta_1=(1e-6, 1), beta_2=(0, 1))

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        import keras

        optimizer = keras.optimizers.Lion(rate, self.beta_1, self.beta_2, weight_decay=recipe.weight_decay)
        optimizer.exclude_from_weight_decay(var_list=weights_without_decay(recipe, weights))
        return optimizer


OPTIMIZER = Lion
