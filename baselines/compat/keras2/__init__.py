"""What scripts of 2019 to 2022 expect of Keras and that Keras 3 lacks; `installed()` adds it to the real `keras`.

Names are added, and calls that Keras 3 rejects are understood. Calls that Keras 3 accepts keep their meaning, so that this
library's own code and the script share one Keras: `import keras`, `keras.layers` and `tf.keras` are the same objects.
"""

import importlib
from types import ModuleType

import keras

PARTS = ("backend_names", "layer_ways", "model_ways", "saved_files", "train_functions", "tensorflow_calls", "other_names")
"""Modules of this folder with `install()`, in this order."""
_installed = []


def installed() -> ModuleType:
    """Keras with what Keras 2 had; the first call adds it."""
    if not _installed:
        _installed.append(keras)
        for part in PARTS:
            importlib.import_module(f"{__name__}.{part}").install()
    return keras
