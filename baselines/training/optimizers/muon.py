"""Muon: orthogonal steps for the matrices of the blocks, AdamW for all else. Liu et al., 2025, arXiv:2502.16982."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.plugins.settings import ranges
from baselines.task.recipe import Recipe
from baselines.training.optimizers import weights_without_decay
from baselines.training.optimizers.optimizer import Optimizer

OUTSIDE_BLOCKS = r"^(?!(Encoder-|Decoder-)?Transformer-)"


@dataclasses.dataclass(frozen=True)
class Muon(Optimizer):
    """Keras' Muon, whose steps are as long as AdamW's: rates and decay carry over."""

    slots = 2                                                           # the matrices of blocks: 1

    momentum: float = 0.95
    """Decay of the moment that is made orthogonal."""
    beta_1: float = 0.9
    """Of AdamW: decay of the mean of gradients."""
    beta_2: float = 0.999
    """Of AdamW: decay of the mean of their squares."""
    epsilon: float = 1e-6
    """Of AdamW: added to the root of the latter."""

    def __post_init__(self):
        ranges(self, momentum=(0, 1), beta_1=(0, 1), beta_2=(0, 1), epsilon=(0, None))

    def build(self, recipe: Recipe, rate: Any, weights: Sequence[Any]) -> Any:
        import keras

        optimizer = keras.optimizers.Muon(
            rate, self.beta_1, self.beta_2, adam_weight_decay=recipe.weight_decay, epsilon=self.epsilon,
            weight_decay=recipe.weight_decay, exclude_layers=[OUTSIDE_BLOCKS], momentum=self.momentum,
        )  # fmt: skip
        optimizer.exclude_from_weight_decay(var_list=weights_without_decay(recipe, weights))
        return optimizer


OPTIMIZER = Muon
