"""A dense layer that lets the backend choose how to multiply, see runtime/backends/tensorflow_operations.py."""

from typing import Any

import keras

from baselines.runtime import backends


@keras.saving.register_keras_serializable(package="baselines")
class Dense(keras.layers.Dense):
    """keras.layers.Dense, with its arguments, weights and checkpoints: x (..., D) -> activation(x kernel + bias) (..., U)."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return backends.current().dense(inputs, self.kernel, self.bias, self.activation)
