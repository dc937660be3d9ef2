"""AdaFactor as a Keras optimizer: squares of a matrix from its rows and columns. Shazeer and Stern, 2018, arXiv:1804.04235.

    s = g² + epsilon_1, beta = beta_2 or 1 - t^-0.8
    factored: r <- beta r + (1 - beta) mean(s over the longest axis), c the same over the second longest; v = (r / mean(r)) c
    else:     v <- beta v + (1 - beta) s
    u = g / sqrt(v + epsilon_1), divided by max(1, rms(u) / clipping_threshold), then averaged if beta_1 > 0
    weight <- weight - rate (u max(rms(weight), epsilon_2) + decay weight)

As bert4keras has it. `keras.optimizers.Adafactor` saves no memory (it keeps a full-size slot beside r and c), caps the rate by
1/sqrt(t), always factors the last two axes, and knows neither beta_1 nor exclusions. See kexue.fm/archives/7302.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.training.optimizers.rules.decoupled import Decoupled, path_contains, rms


@keras.saving.register_keras_serializable(package="baselines")
class Adafactor(Decoupled):
    """clipping_threshold 0 clips nothing; beta_2 0 is 1 - t^-0.8; no_scale: words of weights that do not scale their step."""

    SETTINGS = (
        "beta_1", "beta_2", "epsilon_1", "epsilon_2", "scale", "no_scale", "clipping_threshold", "min_dim_size_to_factor",
    )  # fmt: skip

    def __init__(
        self, learning_rate: Any = 1e-3, beta_1: float = 0.0, beta_2: float = 0.0, epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3, scale: bool = True, no_scale: Sequence[str] = (), clipping_threshold: float = 1.0,
        min_dim_size_to_factor: int = 128, **options: Any,
    ):  # fmt: skip
        super().__init__(learning_rate, **options)
        self.beta_1, self.beta_2, self.epsilon_1, self.epsilon_2 = beta_1, beta_2, epsilon_1, epsilon_2
        self.scale, self.no_scale, self.clipping_threshold = scale, tuple(no_scale), clipping_threshold
        self.min_dim_size_to_factor = min_dim_size_to_factor

    def add_slots(self, variables: Sequence) -> None:
        self.axes = [factored_axes(variable.shape, self.min_dim_size_to_factor) for variable in variables]
        self.squares = [self.square_slots(variable, axes) for variable, axes in zip(variables, self.axes, strict=True)]
        self.means = self.slots(variables, "mean") if self.beta_1 else None
        self.scaled = [self.scale and not path_contains(variable, self.no_scale) for variable in variables]

    def square_slots(self, variable: Any, axes: Any) -> Any:
        """[v], or [r, c]: of the variable's shape with one axis reduced to 1."""
        if not axes:
            return self.slots([variable], "square")
        name = variable.path.replace("/", "_")
        shapes = [[1 if axis == reduced else size for axis, size in enumerate(variable.shape)] for reduced in axes]
        return [self.add_variable(shape, dtype="float32", name=f"{name}_square") for shape in shapes]

    def new_weight(self, index: int, weight: Any, gradient: Any, rate: Any) -> Any:
        step = gradient * ops.rsqrt(self.square(index, gradient) + self.epsilon_1)
        if self.clipping_threshold:
            step = step / ops.maximum(1.0, rms(step) / self.clipping_threshold)
        if self.means:
            mean = self.means[index]
            step = self.assign_value(mean, self.beta_1 * mean + (1 - self.beta_1) * step)
        if self.scaled[index]:
            step = step * ops.maximum(rms(weight), self.epsilon_2)
        return weight - rate * (step + self.decays[index] * weight)

    def square(self, index: int, gradient: Any) -> Any:
        """The new second moment."""
        square, axes, slots = ops.square(gradient) + self.epsilon_1, self.axes[index], self.squares[index]
        beta = self.beta_2 or 1 - ops.power(self.update_number, -0.8)
        parts = [ops.mean(square, axis=axis, keepdims=True) for axis in axes] or [square]
        moments = [self.assign_value(slot, beta * slot + (1 - beta) * part) for slot, part in zip(slots, parts, strict=True)]
        if not axes:
            return moments[0]
        rows, columns = moments
        # In this order: rows * columns underflows where a row's gradient is always 0.
        return rows / ops.mean(rows, axis=axes[1], keepdims=True) * columns


def factored_axes(shape: Sequence[int], min_dim_size_to_factor: int) -> Any:
    """(longest axis, second longest), or () where the moment is kept whole."""
    if len(shape) < 2:
        return ()
    second, longest = (int(axis) for axis in np.argsort(shape, kind="stable")[-2:])
    return (longest, second) if shape[second] >= min_dim_size_to_factor else ()
