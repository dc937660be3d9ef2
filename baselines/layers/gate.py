"""A trained factor on a residual branch, zero at the start: ReZero (arXiv:2003.04887), SkipInit (arXiv:2002.10444)."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class Gate(keras.layers.Layer):
    """x -> gate x, gate a number that begins as 0: the block around it begins as the identity."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        self.gate = self.add_weight(shape=(), initializer="zeros", name="gate")

    def call(self, x):
        return x * ops.cast(self.gate, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
