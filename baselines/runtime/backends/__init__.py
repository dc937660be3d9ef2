"""The differences between backends outside of training, one file per backend. training/backends/ has those of training.

A file defines `compile_function`, `traced_once`, `optimize_graphs`, `optimization_barrier`, `devices`, `peaks`, and the operations
of plain_operations.py. training/engine.py also chooses how to train by `jit_pays` (whether XLA is the fastest compiler here),
`bfloat16_pays` (whether half precision is faster) and `engine_name`.
"""

import importlib
from types import ModuleType

import keras

NAMES = ("tensorflow", "jax", "torch")


def current() -> ModuleType:
    """The module of the active backend.

    Raises:
        ImportError: The backend has no module.
    """
    name = keras.backend.backend()
    if name not in NAMES:
        raise ImportError(f"KERAS_BACKEND {name} is not supported. Choose one of {', '.join(NAMES)}.")
    return importlib.import_module(f"{__name__}.{name}")
