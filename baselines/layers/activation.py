"""Activations by the names that checkpoints use: both GELUs (Hendrycks and Gimpel, 2016) and Keras' own."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from baselines.runtime import backends

GELU_TANH = ("gelu_tanh", "gelu_new", "gelu_fast", "gelu_pytorch_tanh")
"""One formula: the tanh approximation of Google's first BERT."""
GELU_ERF = ("gelu", "gelu_erf", "gelu_python")
"""The exact form. bert4keras and Hugging Face mean it by "gelu", Google's first TensorFlow code meant the other."""


@keras.saving.register_keras_serializable(package="baselines")
def gelu_tanh(x: Any) -> Any:
    """0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))."""
    return ops.gelu(x, approximate=True)


@keras.saving.register_keras_serializable(package="baselines")
def gelu_erf(x: Any) -> Any:
    """x Phi(x), Phi the normal distribution function. Half precision computes it in float32: TensorFlow's erfc of bf16 is slow."""
    return backends.current().gelu(ops.convert_to_tensor(x))


def activation(name: str) -> Callable:
    """The function for a name in `hidden_act`: "gelu" is exact, "gelu_tanh" approximate, others are Keras' names.

    Raises ValueError if nothing has that name.
    """
    if name in GELU_TANH:
        return gelu_tanh
    return gelu_erf if name in GELU_ERF else keras.activations.get(name)
