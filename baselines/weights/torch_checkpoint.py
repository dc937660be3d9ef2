"""PyTorch's checkpoints, pytorch_model.bin or several files and their index, in NumPy and without running a pickle."""

import os
import pathlib
from collections.abc import Mapping

import numpy as np

from baselines.errors import InputError
from baselines.weights.names import wrapper_prefix
from baselines.weights.sharded_index import read_index, require_tensors
from baselines.weights.torch_file import TorchFile

FILE = "pytorch_model.bin"
INDEX = "pytorch_model.bin.index.json"
SUFFIXES = (".bin", ".pt", ".pth")


def read(path: str | os.PathLike) -> "TorchCheckpoint":
    """A lazy mapping {name: read-only array} of a file, of a folder's pytorch_model.bin, or of the files its index lists.

    Raises:
        InputError: A file is missing, truncated or corrupted, asks for more than weights need, or a tensor is not in the file where
            it should be.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / FILE if (path / FILE).is_file() else path / INDEX
    if not path.is_file():
        raise InputError(f"{path}: no such file. Give a file of torch.save, or a folder with {FILE} or {INDEX}.")
    return TorchCheckpoint(path)


class TorchCheckpoint(Mapping):
    """What `read` returns. `shape` and `dtype` answer from the pickle alone.

    Attributes:
        path: The file, or the index.
        notes, hugging_face: As of a SafetensorsCheckpoint.
    """

    format, hugging_face = "PyTorch", True

    def __init__(self, path: pathlib.Path):
        self.path = path
        if path.name.endswith(".index.json"):
            files = read_index(path)
            opened = {place: TorchFile(place) for place in dict.fromkeys(files.values())}
            require_tensors(path, files, {place: set(file.records) for place, file in opened.items()})
            places = {name: opened[place] for name, place in files.items()}
        else:
            opened = {path: TorchFile(path)}
            places = dict.fromkeys(opened[path].records, opened[path])
        prefix = wrapper_prefix(places)
        notes = [note for file in opened.values() for note in file.notes]
        if prefix:
            notes.append(f"{path}: every name begins with {prefix}, which is left out.")
        self.notes = tuple(notes)
        self._places = {name.removeprefix(prefix): (name, file) for name, file in places.items()}

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)

    def __getitem__(self, name):
        stored, file = self._places[name]
        return file.array(stored)

    @property
    def files(self) -> set[pathlib.Path]:
        """The files of the weights, with the index."""
        return {self.path, *(file.path for _, file in self._places.values())}

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        stored, file = self._places[name]
        return file.records[stored].shape

    def dtype(self, name: str) -> np.dtype:
        """The dtype of a tensor."""
        stored, file = self._places[name]
        return file.records[stored].dtype

    def verify(self, name: str) -> None:
        """Raises InputError if the bytes of a tensor are not what was written, where the file has checksums."""
        stored, file = self._places[name]
        file.verify(stored)
