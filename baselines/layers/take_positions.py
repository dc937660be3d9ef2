"""The vectors at some places of each row: x (B, L, D), positions int32 (B, P) -> (B, P, D)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class TakePositions(keras.layers.Layer):
    """Called with [x, positions]."""

    def call(self, inputs):
        x, positions = inputs
        return ops.take_along_axis(x, ops.cast(positions, "int32")[:, :, None], axis=1)

    def compute_output_shape(self, input_shape):
        x, positions = input_shape
        return (x[0], positions[1], x[2])
