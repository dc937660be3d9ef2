"""Talking-heads attention: a trained mix of scores or weights over heads. Shazeer et al., 2020, arXiv:2003.02436.

The matrix begins as the identity (our choice), so that a loaded model computes what it did before.
"""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class TalkingHeads(keras.layers.Layer):
    """x (B, H, Q, L) -> sum over j of matrix[i, j] x[:, j], in float32. Mix before masking: finite scores stay finite."""

    def __init__(self, dtype: str = "float32", **kwargs: Any):
        super().__init__(dtype=dtype, **kwargs)

    def build(self, input_shape: tuple) -> None:
        heads = input_shape[1]
        self.matrix = self.add_weight(shape=(heads, heads), initializer="identity", name="matrix")

    def call(self, x: Any) -> Any:
        return ops.einsum("ij,bjqk->biqk", self.matrix, x)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape
