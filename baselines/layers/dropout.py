"""Dropout whose mask is a hash of the element's place: a small part of the time of Keras' own. Srivastava et al., 2014.

Otherwise as keras.layers.Dropout, its states and checkpoints included; which elements fall, differs. See random_bits.py.
"""

import keras
from keras import ops

from baselines.layers import random_bits


@keras.saving.register_keras_serializable(package="baselines")
class Dropout(keras.layers.Dropout):
    """x (any shape) -> x / (1 - rate) where kept, else 0; x itself unless training."""

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        kept = random_bits.kept(ops.shape(inputs), self.seed_generator, self.rate)
        return ops.where(kept, inputs * (1 / (1 - self.rate)), ops.zeros_like(inputs))
