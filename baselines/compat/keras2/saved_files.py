"""Weights and models under any name, as in Keras 2: `save_weights('best_model.weights')`, `save('my.model')`.

The file is Keras 3's own: HDF5 of weights, or a .keras archive, under the name that the script gives.
"""

import os
import shutil
import sys
import tempfile
import types
from typing import Any

import keras
from keras.src.utils.python_utils import func_dump, func_load

from baselines.compat.keras2.notices import translated

_original = {name: getattr(keras.Model, name) for name in ("save_weights", "load_weights", "save")}
_load_model = keras.models.load_model
_lambda = {name: getattr(keras.layers.Lambda, name) for name in ("get_config", "from_config")}


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


def lambda_config(self: keras.layers.Lambda) -> dict:
    """As in Keras 3; a function of the script's is stored as its code, as in Keras 2."""
    if not isinstance(self.function, types.FunctionType):
        return _lambda["get_config"](self)
    code, defaults, closure = func_dump(self.function)
    stored = {"code": code, "defaults": defaults, "closure": closure, "module": self.function.__module__}
    config = {**keras.layers.Layer.get_config(self), "arguments": self.arguments}
    return config | {"function": {"class_name": "__script_function__", "config": stored}}


def lambda_from_config(cls: type, config: dict, custom_objects: Any = None, safe_mode: Any = None) -> keras.layers.Lambda:
    """The layer of a stored function, which sees the names of the script that loads it."""
    stored = config.get("function")
    if not isinstance(stored, dict) or stored.get("class_name") != "__script_function__":
        return _lambda["from_config"](config)
    stored = stored["config"]
    names = vars(sys.modules.get(stored["module"]) or sys.modules["__main__"])
    defaults, closure = (tuple(each) if each else each for each in (stored["defaults"], stored["closure"]))
    function = func_load(stored["code"], defaults, closure, globs=names)
    return cls(**{**config, "function": function})


def install() -> None:
    """Adds these ways to `keras.Model` and `keras.models`."""
    keras.layers.Lambda.get_config = lambda_config
    keras.layers.Lambda.from_config = classmethod(lambda_from_config)
    for function in (save_weights, load_weights, save):
        setattr(keras.Model, function.__name__, function)
    keras.models.load_model = keras.saving.load_model = load_model
