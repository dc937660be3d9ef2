"""Layer normalization whose scale and shift depend on a condition. Su, 2020, kexue.fm/archives/7124."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="baselines")
class ConditionalLayerNormalization(keras.layers.Layer):
    """x (..., D), condition (..., C) -> (x - mean) / sqrt(variance + epsilon) * (gamma + c G) + (beta + c B), float32 inside.

    The kernels G and B (C, D) begin as 0: at first the layer is a plain LayerNormalization. The condition's axes before the last
    are broadcast to those of x.

    Args:
        epsilon: Added to the variance.
    """

    def __init__(self, epsilon: float = 1e-12, **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.supports_masking = True

    def build(self, x_shape: tuple, condition_shape: tuple) -> None:
        shape = (condition_shape[-1], x_shape[-1])
        self.gamma = self.add_weight(shape=x_shape[-1:], initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=x_shape[-1:], initializer="zeros", name="beta")
        self.gamma_kernel = self.add_weight(shape=shape, initializer="zeros", name="gamma_kernel")
        self.beta_kernel = self.add_weight(shape=shape, initializer="zeros", name="beta_kernel")

    def call(self, x: Any, condition: Any) -> Any:
        dtype = keras.backend.result_type(x.dtype, "float32")
        scale = ops.cast(self.gamma, dtype) + ops.cast(ops.matmul(condition, self.gamma_kernel), dtype)
        shift = ops.cast(self.beta, dtype) + ops.cast(ops.matmul(condition, self.beta_kernel), dtype)
        centered = ops.cast(x, dtype)
        centered = centered - ops.mean(centered, axis=-1, keepdims=True)
        inverse = ops.rsqrt(ops.mean(ops.square(centered), axis=-1, keepdims=True) + self.epsilon)
        return ops.cast(centered * (inverse * scale) + shift, self.compute_dtype)

    def compute_output_spec(self, x: Any, condition: Any) -> Any:
        axes = zip(((1,) * 9 + tuple(x.shape))[-9:], ((1,) * 9 + tuple(condition.shape))[-9:], strict=True)
        rank = max(len(x.shape), len(condition.shape))
        shape = [other if one == 1 else one for one, other in axes][-rank:]
        return keras.KerasTensor((*shape[:-1], x.shape[-1]), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        return {**super().get_config(), "epsilon": self.epsilon}
