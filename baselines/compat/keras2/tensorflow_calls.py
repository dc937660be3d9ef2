"""`tf.*` functions on symbolic tensors: the call becomes an operation of the graph, as in Keras 2."""

from typing import Any

import keras

from baselines.compat.keras2.notices import translated
from baselines.compat.keras2.recorded import Recorded, is_symbolic


def install() -> None:
    """Registers with TensorFlow, which asks where a function does not know its arguments.

    JAX raises for `array + symbolic tensor`; without this method it leaves the sum to the symbolic tensor.
    """
    if keras.backend.backend() == "jax" and hasattr(keras.KerasTensor, "__jax_array__"):
        del keras.KerasTensor.__jax_array__
    if keras.backend.backend() != "tensorflow":
        return
    from tensorflow.python.util import dispatch

    class OnSymbolicTensors(dispatch.GlobalOpDispatcher):
        def handle(self, op: Any, args: Any, kwargs: Any) -> Any:
            if not is_symbolic(args, kwargs):
                return self.NOT_SUPPORTED
            translated("tf.… on a symbolic tensor", "an operation of the model's graph")
            return Recorded(op)(*args, **kwargs)

    OnSymbolicTensors().register()
