"""What differs between backends, one file for each: the only folder that asks which one runs.

A file gives `value_and_gradients`, the primitive of everything that differentiates, and `BackendSteps`, the compiled updates.
"""

import importlib

import keras

NAMES = ("tensorflow", "jax", "torch")


def current():
    """The module of the backend that runs. Raises ImportError for one that has none."""
    name = keras.backend.backend()
    if name not in NAMES:
        raise ImportError(f"expected KERAS_BACKEND to be one of {', '.join(NAMES)}. Received: {name}")
    return importlib.import_module(f"{__name__}.{name}")
