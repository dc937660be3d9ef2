"""Save a model's weights under their published names, for others to load; a task's head under its own paths."""

import json
import pathlib
from collections.abc import Iterable, Mapping

import keras
import numpy as np

from baselines.storage.checksums import sha256
from baselines.weights import safetensors_file, tensorflow_checkpoint
from baselines.weights.load import weights_by_path
from baselines.weights.names import WeightName, own_name


def save_hugging_face(
    model: keras.Model,
    folder: str | pathlib.Path,
    names: Mapping[str, WeightName],
    dtype: str | np.dtype | None = None,
    files: Iterable[str] = (),
) -> None:
    """Writes folder/model.safetensors; `transformers.AutoModel` loads it beside a config.json.

    Args:
        names: {variable path: published names}.
        dtype: Of the file; None for that of the weights.
        files: Names of files in `folder` that belong to the weights, such as the vocabulary. model.safetensors remembers their
            digests for `verify_files`.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for path, array in _arrays(model):
        array = array if dtype is None else array.astype(dtype)
        name = names.get(path) or own_name(path)
        tensors.setdefault(name.hugging_face, {})[name.part[0]] = array, name
    tensors = {stored: _joined([parts[index] for index in sorted(parts)]) for stored, parts in tensors.items()}
    metadata = {"format": "pt"}
    if files:
        metadata[safetensors_file.FILES] = json.dumps({name: sha256(folder / name) for name in sorted(files)})
    safetensors_file.write(folder / safetensors_file.FILE, tensors, metadata, digest=True)


def save_google(model: keras.Model, prefix: str | pathlib.Path, names: Mapping[str, WeightName]) -> None:
    """Writes prefix.index and prefix.data-00000-of-00001, as Google's BERT has them."""
    prefix = pathlib.Path(prefix)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for path, array in _arrays(model):
        name = names.get(path) or own_name(path)
        tensors[name.google] = array.T if name.google_transposed else array
    tensorflow_checkpoint.write(prefix, tensors)


def _joined(parts):
    """The tensor of a file, of the weights that it holds side by side, [(array, WeightName)] in order."""
    arrays = [array for array, _ in parts]
    array = arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=-1)
    return array.T if parts[0][1].transposed else array


def _arrays(model):
    for path, variable in weights_by_path(model).items():
        yield path, keras.ops.convert_to_numpy(variable)
