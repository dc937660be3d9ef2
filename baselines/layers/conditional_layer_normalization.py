"""Layer normalization whose scale and offset depend on a vector. Su, 2020, kexue.fm/archives/7124; in bert4keras."""

from typing import Any

import keras
from keras import ops

from baselines.layers.activation import activation
from baselines.layers.dense import Dense
from baselines.layers.layer_normalization import LayerNormalization


@keras.saving.register_keras_serializable(package="baselines")
class ConditionalLayerNormalization(LayerNormalization):
    """x (B, …, D), condition (B, C) -> LayerNormalization with gamma + G condition and beta + H condition.

    A condition with as many axes as x is broadcast to it: (B, K, 1, C) to (B, 1, L, D) is (B, K, L, D).

    G and H begin as 0: a pretrained model computes what it did without the condition.

    hidden_size   units of a dense layer between condition, G and H; None: no such layer
    hidden_act    its activation
    """

    def __init__(self, hidden_size: int | None = None, hidden_act: str = "linear", initializer_range: float = 0.02, **kwargs: Any):
        super().__init__(**kwargs)
        self.hidden_size = hidden_size
        self.hidden_act = hidden_act
        self.initializer_range = initializer_range

    def build(self, inputs_shape: tuple, condition_shape: tuple) -> None:
        super().build(inputs_shape)
        size = condition_shape[-1]
        self.hidden = self.to_gamma = self.to_beta = None
        if self.hidden_size:
            initializer = keras.initializers.TruncatedNormal(stddev=self.initializer_range)
            self.hidden = self.dense(self.hidden_size, size, "hidden", initializer, activation=activation(self.hidden_act))
            size = self.hidden_size
        if self.center:
            self.to_beta = self.dense(inputs_shape[-1], size, "to_beta", "zeros")
        if self.scale:
            self.to_gamma = self.dense(inputs_shape[-1], size, "to_gamma", "zeros")

    def dense(self, units: int, size: int, name: str, initializer: Any, **options: Any) -> Dense:
        options |= {"use_bias": False, "dtype": "float32", "name": name}
        dense = Dense(units, kernel_initializer=initializer, **options)
        dense.build((None, size))
        return dense

    def call(self, inputs: Any, condition: Any) -> Any:
        x = ops.cast(inputs, "float32")
        condition = ops.cast(condition, "float32")
        condition = condition if self.hidden is None else self.hidden(condition)
        while len(condition.shape) < len(inputs.shape):
            condition = condition[:, None]
        if self.zero_mean:
            x = x - ops.mean(x, axis=-1, keepdims=True)
        x = x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + self.epsilon)
        if self.scale:
            x = x * (ops.cast(self.gamma, "float32") + self.to_gamma(condition))
        if self.center:
            x = x + ops.cast(self.beta, "float32") + self.to_beta(condition)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, inputs_shape: tuple, condition_shape: tuple) -> tuple:
        if len(condition_shape) < len(inputs_shape):
            return inputs_shape
        axes = zip(inputs_shape[:-1], condition_shape[:-1], strict=True)
        return (*(other if one == 1 else one for one, other in axes), inputs_shape[-1])

    def get_config(self) -> dict:
        config = {"hidden_size": self.hidden_size, "hidden_act": self.hidden_act, "initializer_range": self.initializer_range}
        return {**super().get_config(), **config}
