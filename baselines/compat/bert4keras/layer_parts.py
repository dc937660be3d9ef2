"""Layer, the base class of bert4keras' layers and of many in scripts."""

from collections.abc import Callable
from typing import Any

from baselines.compat.keras2 import installed

keras = installed()


class Layer(keras.layers.Layer):
    """A Keras layer through which masks pass."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True


def integerize_shape(func: Callable) -> Callable:
    """The function itself: shapes are integers in Keras 3."""
    return func


def serialized(initializer: Any) -> Any:
    """An initializer as an entry of a layer's configuration."""
    return keras.initializers.serialize(initializer)
