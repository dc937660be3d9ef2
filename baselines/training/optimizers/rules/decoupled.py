"""Base class of our update rules: dense gradients, float32 arithmetic, names looked up once, decay beside the moments.

Keras hands `update_step` a `tf.Variable` without a path on TensorFlow and its own variable on JAX, so whatever depends on names is
decided in `build` and kept by index. Decoupled weight decay: Loshchilov and Hutter, 2019, arXiv:1711.05101.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class Decoupled(keras.optimizers.Optimizer):
    """A rule implements `add_slots(variables)` and `new_weight(index, weight, gradient, rate)`, the new weight; all float32.

    weight_decay, no_decay   the decay, and words: weights whose path contains one of them, ignoring case, have none
    SETTINGS                 names of a rule's own arguments, stored under the same names
    """

    SETTINGS = ()

    def __init__(self, learning_rate: Any = 1e-3, weight_decay: float = 0.0, no_decay: Sequence[str] = (), **options: Any):
        super().__init__(learning_rate=learning_rate, weight_decay=weight_decay, **options)
        self.no_decay = tuple(no_decay)

    def build(self, variables: Sequence) -> None:
        if self.built:
            return
        super().build(variables)
        self.decays = [0.0 if path_contains(variable, self.no_decay) else self.weight_decay or 0.0 for variable in variables]
        self.add_slots(variables)

    def slots(self, variables: Sequence, name: str) -> Any:
        """One float32 tensor of its shape per variable."""
        return [self.add_variable_from_reference(variable, name) for variable in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> Any:
        values = dense(gradient), variable, learning_rate
        gradient, weight, rate = (ops.cast(ops.convert_to_tensor(value), "float32") for value in values)
        self.assign(variable, self.new_weight(self._get_variable_index(variable), weight, gradient, rate))

    def assign_value(self, variable: Any, value: Any) -> Any:
        """Assigns, and returns the value."""
        self.assign(variable, value)
        return value

    @property
    def update_number(self) -> Any:
        """1, 2, …, as float32."""
        return ops.cast(self.iterations + 1, "float32")

    def _apply_weight_decay(self, variables):
        """Nothing: Keras would decay before the update; `new_weight` does it as part of it."""

    def get_config(self) -> dict:
        settings = {name: getattr(self, name) for name in (*self.SETTINGS, "no_decay")}
        settings = {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
        return super().get_config() | settings


def dense(gradient: Any) -> Any:
    """A gradient whose repeated rows are summed: of an embedding table TensorFlow gives slices, unless our steps differentiate."""
    return ops.add(ops.zeros(gradient.shape, gradient.dtype), gradient) if hasattr(gradient, "indices") else gradient


def path_contains(variable: Any, words: Sequence[str]) -> bool:
    """Whether the path of a variable contains one of the words, ignoring case."""
    return any(word.lower() in variable.path.lower() for word in words)


def rms(array: Any, axis: Any = None) -> Any:
    """Root of the mean square over all, or over an axis that stays."""
    return ops.sqrt(ops.mean(ops.square(array), axis=axis, keepdims=axis is not None))
