"""Save a model's weights under their published names, for others to load; a task's head under its own paths."""

import pathlib

import keras

from baselines.weights import safetensors_file, tensorflow_checkpoint
from baselines.weights.load import weights_by_path
from baselines.weights.names import own_name


def save_hugging_face(model, folder, names, dtype=None):
    """Writes folder/model.safetensors, in `dtype` if it is given; `transformers.AutoModel` loads it beside a config.json."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for path, array in _arrays(model):
        array = array if dtype is None else array.astype(dtype)
        name = names.get(path) or own_name(path)
        tensors[name.hugging_face] = array.T if name.transposed else array
    safetensors_file.write(folder / safetensors_file.FILE, tensors, metadata={"format": "pt"}, digest=True)


def save_google(model, prefix, names):
    """Writes prefix.index and prefix.data-00000-of-00001, as Google's BERT has them."""
    prefix = pathlib.Path(prefix)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for path, array in _arrays(model):
        name = names.get(path) or own_name(path)
        tensors[name.google] = array.T if name.google_transposed else array
    tensorflow_checkpoint.write(prefix, tensors)


def _arrays(model):
    for path, variable in weights_by_path(model).items():
        yield path, keras.ops.convert_to_numpy(variable)
