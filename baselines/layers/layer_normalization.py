"""Layer normalization that centers first, or not at all. Ba et al., 2016, arXiv:1607.06450.

Keras computes x * inv + (beta - mean * inv). In a constant row inv is 1 / sqrt(epsilon), 1e6 for BERT, and float32 rounds
beta away: 0.1 off bert4keras. (x - mean) * inv + beta has no such term, and is not slower.
"""

from typing import Any

import keras
from keras import ops

from baselines.runtime import backends


@keras.saving.register_keras_serializable(package="baselines")
class LayerNormalization(keras.layers.LayerNormalization):
    """x (..., D) -> (x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis, in float32 at least.

    The arguments, weights and checkpoints are those of keras.layers.LayerNormalization: `scale=False` has no gamma, `center=False`
    no beta.

    zero_mean   False: x / sqrt(mean(x^2) + epsilon), the RMS norm (Zhang and Sennrich, 2019, arXiv:1910.07467)
    """

    def __init__(self, zero_mean: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.zero_mean = zero_mean

    def call(self, inputs: Any) -> Any:
        gamma, beta = self.gamma if self.scale else None, self.beta if self.center else None
        outputs = backends.current().layer_norm(inputs, gamma, beta, self.epsilon, self.zero_mean)
        return ops.cast(outputs, self.compute_dtype)

    def get_config(self) -> dict:
        return {**super().get_config(), "zero_mean": self.zero_mean}
