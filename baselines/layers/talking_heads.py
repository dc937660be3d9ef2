"""Heads that hear each other: scores or weights mixed over heads. Shazeer et al., 2020, arXiv:2003.02436.

The matrix begins as the identity (our choice), so that a loaded model computes what it did before.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class TalkingHeads(keras.layers.Layer):
    """x (B, H, Q, L) -> sum over j of matrix[i, j] x[:, j], in float32. Mix before masking: finite scores stay finite."""

    def __init__(self, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def build(self, input_shape):
        heads = input_shape[1]
        self.matrix = self.add_weight(shape=(heads, heads), initializer="identity", name="matrix")

    def call(self, x):
        return ops.einsum("ij,bjqk->biqk", self.matrix, x)

    def compute_output_shape(self, input_shape):
        return input_shape
