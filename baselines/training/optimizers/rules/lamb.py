"""LAMB as a Keras optimizer: Adam whose steps are as long as each weight. You et al., 2020, arXiv:1904.00962.

    h = m / (sqrt(v) + epsilon) + decay weight, with Adam's corrected moments
    weight <- weight - rate h ‖weight‖ / ‖h‖, the ratio being 1 where a norm is 0 or the weight is left out

`keras.optimizers.Lamb` decays outside the ratio, and leaves no weight out.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from baselines.training.optimizers.rules.decoupled import Decoupled, path_contains


@keras.saving.register_keras_serializable(package="baselines")
class Lamb(Decoupled):
    """no_adaptation: words of weights whose step is not scaled."""

    SETTINGS = ("beta_1", "beta_2", "epsilon", "no_adaptation")

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        no_adaptation: Sequence[str] = (),
        **options: Any,
    ):
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon, self.no_adaptation = beta_1, beta_2, epsilon, tuple(no_adaptation)

    def add_slots(self, variables: Sequence) -> None:
        self.means, self.squares = self.slots(variables, "mean"), self.slots(variables, "square")
        self.adapted = [not path_contains(variable, self.no_adaptation) for variable in variables]

    def new_weight(self, index: int, weight: Any, gradient: Any, rate: Any) -> Any:
        mean, square, t = self.means[index], self.squares[index], self.update_number
        m = self.assign_value(mean, self.beta_1 * mean + (1 - self.beta_1) * gradient)
        v = self.assign_value(square, self.beta_2 * square + (1 - self.beta_2) * ops.square(gradient))
        m, v = m / (1 - ops.power(self.beta_1, t)), v / (1 - ops.power(self.beta_2, t))
        step = m / (ops.sqrt(v) + self.epsilon) + self.decays[index] * weight
        return weight - rate * step * (ratio(weight, step) if self.adapted[index] else 1.0)


def ratio(weight: Any, step: Any) -> Any:
    """‖weight‖ / ‖step‖, or 1 where one of them is 0."""
    length, step_length = (ops.sqrt(ops.sum(ops.square(array))) for array in (weight, step))
    both = ops.logical_and(length > 0, step_length > 0)
    return ops.where(both, length / ops.where(both, step_length, 1.0), 1.0)
