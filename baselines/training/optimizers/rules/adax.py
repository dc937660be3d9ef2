"""AdaX as a Keras optimizer: a second moment whose memory grows. Li et al., 2020, arXiv:2004.09740; kexue.fm/archives/7387.

    m <- beta_1 m + (1 - beta_1) g
    v <- v + (g² - v) beta_2 / ((1 + beta_2)^t - 1)
    weight <- weight - rate (m / (sqrt(v) + epsilon) + decay weight)

v is the paper's corrected moment: its raw one overflows float32 after 887,272 updates.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from baselines.training.optimizers.rules.decoupled import Decoupled


@keras.saving.register_keras_serializable(package="baselines")
class AdaX(Decoupled):
    """beta_2 is the weight of a new square."""

    SETTINGS = ("beta_1", "beta_2", "epsilon")

    def __init__(self, learning_rate: Any = 1e-3, beta_1: float = 0.9, beta_2: float = 1e-4, epsilon: float = 1e-7, **options: Any):
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def add_slots(self, variables: Sequence) -> None:
        self.means, self.squares = self.slots(variables, "mean"), self.slots(variables, "square")

    def new_weight(self, index: int, weight: Any, gradient: Any, rate: Any) -> Any:
        mean, square = self.means[index], self.squares[index]
        fresh = self.beta_2 / ops.expm1(self.update_number * math.log1p(self.beta_2))
        m = self.assign_value(mean, self.beta_1 * mean + (1 - self.beta_1) * gradient)
        v = self.assign_value(square, square + fresh * (ops.square(gradient) - square))
        return weight - rate * (m / (ops.sqrt(v) + self.epsilon) + self.decays[index] * weight)
