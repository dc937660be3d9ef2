"""Backend-specific code, one file per backend: the only folder that asks which one runs.

A file gives `value_and_gradients`, the primitive of everything that differentiates, `sum_of_squares`, `compile_function`,
`checkpoint`, that of recomputation, `total`, the sum over the devices that share a batch, `serves_any_length`, whether one compiled
step takes batches of every length, and `StepCompiler`, which compiles the functions of steps.py (step_compiler.py says what it
does). The file beside it, *_devices.py, knows which devices there are and spreads a run over them.
"""

import importlib
from types import ModuleType

import keras

NAMES = ("tensorflow", "jax", "torch")


def current() -> ModuleType:
    """The module of the backend that runs. Raises ImportError for one that has none."""
    return _module("")


def devices() -> ModuleType:
    """The module that knows the devices of the backend that runs."""
    return _module("_devices")


def _module(suffix):
    name = keras.backend.backend()
    if name not in NAMES:
        raise ImportError(f"KERAS_BACKEND={name} is not supported. Set it to one of {', '.join(NAMES)}.")
    return importlib.import_module(f"{__name__}.{name}{suffix}")
