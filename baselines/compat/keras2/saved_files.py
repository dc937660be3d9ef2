"""Weights and models under any name, as in Keras 2: `save_weights('best_model.weights')`, `save('my.model')`.

The file is Keras 3's own: HDF5 of weights, or a .keras archive, under the name that the script gives.
"""

import os
import shutil
import tempfile
from typing import Any

import keras

from baselines.compat.keras2.notices import translated

_original = {name: getattr(keras.Model, name) for name in ("save_weights", "load_weights", "save")}
_load_model = keras.models.load_model


def save_weights(self: keras.Model, filepath: Any, overwrite: bool = True, **options: Any) -> None:
    """Writes the weights to a file of any name."""
    path = os.fspath(filepath)
    if path.endswith(".weights.h5"):
        _original["save_weights"](self, path, overwrite=overwrite)
        return
    translated("save_weights('x.weights')", "Keras 3's .weights.h5 under that name")
    _through(path, ".weights.h5", lambda other: _original["save_weights"](self, other))


def load_weights(self: keras.Model, filepath: Any, by_name: bool = False, skip_mismatch: bool = False, **options: Any) -> Any:
    """Reads what `save_weights` wrote; what bert4keras wrote under the names of an older Keras is another format."""
    path = os.fspath(filepath)
    if path.endswith((".weights.h5", ".keras")):
        return _original["load_weights"](self, path, skip_mismatch=skip_mismatch, **options)
    with tempfile.TemporaryDirectory() as folder:
        other = os.path.join(folder, "x.weights.h5")
        shutil.copyfile(path, other)
        return _original["load_weights"](self, other, skip_mismatch=skip_mismatch, **options)


def save(self: keras.Model, filepath: Any, overwrite: bool = True, **options: Any) -> None:
    """Writes the whole model to a file of any name."""
    path = os.fspath(filepath)
    if path.endswith((".keras", ".h5", ".hdf5")):
        _original["save"](self, path, overwrite=overwrite)
        return
    translated("model.save('x.model')", "a .keras archive under that name")
    _through(path, ".keras", lambda other: _original["save"](self, other))


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, **options: Any) -> keras.Model:
    """Reads what `save` wrote. Lambda layers of a script are its own code, so they are run."""
    path = os.fspath(filepath)
    if path.endswith((".keras", ".h5", ".hdf5")):
        return _load_model(path, custom_objects=custom_objects, compile=compile, safe_mode=False)
    with tempfile.TemporaryDirectory() as folder:
        other = os.path.join(folder, "x.keras")
        shutil.copyfile(path, other)
        return _load_model(other, custom_objects=custom_objects, compile=compile, safe_mode=False)


def _through(path, suffix, write):
    """Writes a file with the suffix that Keras 3 asks for, and then moves it to its own name."""
    folder = os.path.dirname(os.path.abspath(path))
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        other = os.path.join(temporary, f"x{suffix}")
        write(other)
        os.replace(other, path)


def install() -> None:
    """Adds these ways to `keras.Model` and `keras.models`."""
    for function in (save_weights, load_weights, save):
        setattr(keras.Model, function.__name__, function)
    keras.models.load_model = keras.saving.load_model = load_model
