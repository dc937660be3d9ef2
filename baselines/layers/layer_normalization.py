"""Layer normalization that centers first. Ba et al., 2016, arXiv:1607.06450.

Keras computes x * inv + (beta - mean * inv). In a constant row inv is 1 / sqrt(epsilon), 1e6 for BERT, and float32 rounds
beta away: 0.1 off bert4keras. (x - mean) * inv + beta has no such term, and is not slower.
"""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class LayerNormalization(keras.layers.LayerNormalization):
    """x (..., D) -> (x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis, in float32 at least.

    The arguments, weights and checkpoints are those of keras.layers.LayerNormalization.
    """

    def call(self, inputs: Any) -> Any:
        dtype = keras.backend.result_type(inputs.dtype, "float32")
        centered = ops.cast(inputs, dtype)
        centered = centered - ops.mean(centered, axis=-1, keepdims=True)
        inverse = ops.rsqrt(ops.mean(ops.square(centered), axis=-1, keepdims=True) + self.epsilon)
        outputs = centered * (inverse * ops.cast(self.gamma, dtype)) + ops.cast(self.beta, dtype)
        return ops.cast(outputs, self.compute_dtype)
