"""Functions of arrays that also take symbolic tensors: a call on these becomes one operation of the model's graph.

In Keras 2, `K.sum(layer.output)` needs no layer around it. Here it is recorded, with its shape found by tracing.
"""

import functools
from collections.abc import Callable
from typing import Any

import keras

RECORDED: dict[str, Callable] = {}
"""{name: function of arrays}, by which saved models find their operations again."""


@keras.saving.register_keras_serializable(package="baselines")
class Recorded(keras.Operation):
    """A call of a function in a model's graph.

    function   the function, or its name in RECORDED
    """

    def __init__(self, function: Callable | str, name: str | None = None):
        super().__init__(name=name)
        self.function = RECORDED[function] if isinstance(function, str) else function

    def call(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        return super().compute_output_spec(*keras.tree.map_structure(_dense, args), **keras.tree.map_structure(_dense, kwargs))

    def get_config(self) -> dict:
        return {"function": self.function.__name__, "name": self.name}


def _dense(value):
    """A symbolic tensor as a dense one: Keras 3.15 takes what is multiplied by a Python number for sparse."""
    return keras.KerasTensor(value.shape, value.dtype) if isinstance(value, keras.KerasTensor) and value.sparse else value


def is_symbolic(*values: Any) -> bool:
    """Whether a symbolic tensor is among the values, nested or not."""
    return any(isinstance(leaf, keras.KerasTensor) for leaf in keras.tree.flatten(values))


def recorded(function: Callable) -> Callable:
    """Makes a function of arrays one of symbolic tensors too."""
    RECORDED[function.__name__] = function

    @functools.wraps(function)
    def either(*args: Any, **kwargs: Any) -> Any:
        return Recorded(function)(*args, **kwargs) if is_symbolic(args, kwargs) else function(*args, **kwargs)

    return either
