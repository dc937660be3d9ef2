"""Adam with decoupled weight decay. Loshchilov and Hutter, 2019, arXiv:1711.05101."""

import dataclasses

from baselines.settings import ranges
from baselines.training.optimizers import not_decayed


@dataclasses.dataclass(frozen=True)
class AdamW:
    """Keras' AdamW; epsilon 1e-6 as BERT's."""

    beta_1: float = 0.9
    """Decay of the mean of gradients."""
    beta_2: float = 0.999
    """Decay of the mean of their squares."""
    epsilon: float = 1e-6
    """Added to the root of the latter."""

    def __post_init__(self):
        ranges(self, "adamw", beta_1=(0, 1), beta_2=(0, 1), epsilon=(0, None))

    def build(self, recipe, rate, weights):
        """rate: float or schedule; weights: the trainable variables. Returns a Keras optimizer."""
        import keras

        optimizer = keras.optimizers.AdamW(rate, recipe.weight_decay, self.beta_1, self.beta_2, self.epsilon)
        optimizer.exclude_from_weight_decay(var_list=not_decayed(recipe, weights))
        return optimizer


OPTIMIZER = AdamW
