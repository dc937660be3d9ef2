"""What differs between backends outside of training, one file for each. training/backends/ has what differs within.

A file gives `compiled`, `sealed`, `devices` and `peaks`; and, to choose how to train (training/engine.py), `jit_pays`, whether XLA
is the quickest compiler here, `bfloat16_pays`, whether half precision is quicker, and `engine_name`.
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
