"""ScaleOffset and LayerNormalization, with a condition on request."""

from typing import Any

import keras
from keras import ops

from baselines.compat.bert4keras.layer_parts import Layer, serialized
from baselines.compat.bert4keras.masking import align


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class ScaleOffset(Layer):
    """x * gamma + beta on the last axis.

    scale, offset        True for a weight, False or None for none, a number for itself
    conditional          called on [x, condition (B, C)], whose dense images are added to gamma and beta, from 0 on
    hidden_units         a dense layer on the condition first
    """

    def __init__(
        self, scale: Any = True, offset: Any = True, conditional: bool = False, hidden_units: int | None = None,
        hidden_activation: Any = "linear", hidden_initializer: Any = "glorot_uniform", **kwargs: Any,
    ):  # fmt: skip
        super().__init__(**kwargs)
        self.scale, self.offset, self.conditional, self.hidden_units = scale, offset, conditional, hidden_units
        self.hidden_activation = keras.activations.get(hidden_activation)
        self.hidden_initializer = keras.initializers.get(hidden_initializer)

    def build(self, input_shape: Any) -> None:
        shape = input_shape[0] if self.conditional else input_shape
        units = shape[-1]
        if self.offset is True:
            self.beta = self.add_weight(name="beta", shape=(units,), initializer="zeros")
        if self.scale is True:
            self.gamma = self.add_weight(name="gamma", shape=(units,), initializer="ones")
        if not self.conditional:
            return
        width = input_shape[1]
        if self.hidden_units is not None:
            self.hidden_dense = keras.layers.Dense(
                self.hidden_units, self.hidden_activation, use_bias=False, kernel_initializer=self.hidden_initializer,
                name="hidden_dense",
            )  # fmt: skip
            self.hidden_dense.build(width)
            width = (*width[:-1], self.hidden_units)
        for name, given in (("beta_dense", self.offset), ("gamma_dense", self.scale)):
            if given is not False and given is not None:
                dense = keras.layers.Dense(units, use_bias=False, kernel_initializer="zeros", name=name)
                setattr(self, name, dense)
                dense.build(width)

    def call(self, inputs: Any) -> Any:
        condition = None
        if self.conditional:
            inputs, condition = inputs
            if self.hidden_units is not None:
                condition = self.hidden_dense(condition)
            if len(condition.shape) == 2:
                condition = align.__wrapped__(condition, [0, len(inputs.shape) - 1], len(inputs.shape))
        if self.scale is not False and self.scale is not None:
            gamma = ops.convert_to_tensor(self.gamma) if self.scale is True else self.scale
            inputs = inputs * (gamma if condition is None else gamma + self.gamma_dense(condition))
        if self.offset is not False and self.offset is not None:
            beta = ops.convert_to_tensor(self.beta) if self.offset is True else self.offset
            inputs = inputs + (beta if condition is None else beta + self.beta_dense(condition))
        return inputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask[0] if self.conditional and mask is not None else mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0] if self.conditional else input_shape

    def get_config(self) -> dict:
        return {
            **super().get_config(), "scale": self.scale, "offset": self.offset, "conditional": self.conditional,
            "hidden_units": self.hidden_units, "hidden_activation": keras.activations.serialize(self.hidden_activation),
            "hidden_initializer": serialized(self.hidden_initializer),
        }  # fmt: skip


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class LayerNormalization(ScaleOffset):
    """(x - mean) / deviation over the last axis, then ScaleOffset.

    zero_mean, unit_variance   either may be left out
    """

    def __init__(self, zero_mean: bool = True, unit_variance: bool = True, epsilon: float | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.zero_mean, self.unit_variance = zero_mean, unit_variance
        self.epsilon = epsilon or keras.config.epsilon()

    def call(self, inputs: Any) -> Any:
        x, *condition = inputs if self.conditional else [inputs]
        if self.zero_mean:
            x = x - ops.mean(x, axis=-1, keepdims=True)
        if self.unit_variance:
            x = x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + self.epsilon)
        return super().call([x, *condition] if self.conditional else x)

    def get_config(self) -> dict:
        config = super().get_config()
        return {**config, "zero_mean": self.zero_mean, "unit_variance": self.unit_variance, "epsilon": self.epsilon}
