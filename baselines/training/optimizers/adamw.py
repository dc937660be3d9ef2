"""Adam with decoupled weight decay. Loshchilov and Hutter, 2019, arXiv:1711.05101."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.task.recipe import Recipe
from baselines.training.optimizers import weights_without_decay
from baselines.training.optimizers.adam import Adam


@dataclasses.dataclass(frozen=True)
class AdamW(Adam):
    """Keras' AdamW; epsilon 1e-6 as BERT's."""

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        import keras

        optimizer = keras.optimizers.AdamW(rate, recipe.weight_decay, self.beta_1, self.beta_2, self.epsilon)
        optimizer.exclude_from_weight_decay(var_list=weights_without_decay(recipe, weights))
        return optimizer


OPTIMIZER = AdamW
