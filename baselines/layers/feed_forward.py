"""The second half of a Transformer block: two dense layers on each token. Vaswani et al., 2017, arXiv:1706.03762.

With a gate it is a gated linear unit: Shazeer, 2020, arXiv:2002.05202.
"""

from typing import Any

import keras

from baselines.layers.activation import activation
from baselines.layers.dense import Dense
from baselines.layers.variance_scaling import fresh_initializer, serialized_initializer


@keras.saving.register_keras_serializable(package="baselines")
class FeedForward(keras.layers.Layer):
    """x (B, L, D) -> outer(act(inner(x))) (B, L, D) through `intermediate_size` columns.

    kernel_initializer   instead of the truncated normal of `initializer_range`
    use_bias             of all dense layers
    gate_act             an activation, for outer(act(inner(x)) * gate_act(gate(x))): "linear" in T5 1.1; None for no gate
    """

    def __init__(
        self,
        intermediate_size: int,
        hidden_size: int,
        hidden_act: str = "gelu",
        initializer_range: float = 0.02,
        kernel_initializer: Any = None,
        use_bias: bool = True,
        gate_act: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.intermediate_size = intermediate_size
        self.hidden_size = hidden_size
        self.hidden_act = hidden_act
        self.initializer_range = initializer_range
        self.kernel_initializer = kernel_initializer and keras.initializers.get(kernel_initializer)
        self.use_bias = use_bias
        self.gate_act = gate_act
        self.supports_masking = True
        self.inner = self.dense(intermediate_size, "inner", activation=activation(hidden_act))
        self.gate = self.dense(intermediate_size, "gate", activation=activation(gate_act)) if gate_act else None
        self.outer = self.dense(hidden_size, "outer")

    def dense(self, units: Any, name: str, **options: Any) -> Dense:
        initializer = fresh_initializer(self.kernel_initializer, self.initializer_range)
        options |= {"use_bias": self.use_bias, "dtype": self.dtype_policy, "name": name}
        return Dense(units, kernel_initializer=initializer, **options)

    def build(self, input_shape: tuple) -> None:
        self.inner.build(input_shape)
        if self.gate is not None:
            self.gate.build(input_shape)
        self.outer.build((*input_shape[:-1], self.intermediate_size))

    def call(self, x: Any) -> Any:
        inner = self.inner(x)
        return self.outer(inner if self.gate is None else inner * self.gate(x))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], self.hidden_size)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "intermediate_size": self.intermediate_size,
            "hidden_size": self.hidden_size,
            "hidden_act": self.hidden_act,
            "initializer_range": self.initializer_range,
            "kernel_initializer": serialized_initializer(self.kernel_initializer),
            "use_bias": self.use_bias,
            "gate_act": self.gate_act,
        }
