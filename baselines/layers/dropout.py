"""Dropout whose mask is a hash of the element's index, much faster than Keras' own. Srivastava et al., 2014.

Like keras.layers.Dropout, including its state and checkpoints, but it drops other elements. See random_bits.py.
"""

from typing import Any

import keras
from keras import ops

from baselines.layers import random_bits
from baselines.runtime import backends


@keras.saving.register_keras_serializable(package="baselines")
class Dropout(keras.layers.Dropout):
    """x (any shape) -> x / (1 - rate) where the mask is True, else 0; x itself unless training."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or self.rate == 0:
            return inputs
        kept = random_bits.keep_mask(ops.size(inputs), self.seed_generator, self.rate)
        return backends.current().dropout(inputs, kept, self.rate)
