"""safetensors, the format of Hugging Face's checkpoints: one file, or several and model.safetensors.index.json.

https://github.com/huggingface/safetensors#format. Arrays only, so that reading one runs nobody's code.
"""

import json
import os
import pathlib
import re
from collections.abc import Mapping

import ml_dtypes
import numpy as np
import safetensors
import safetensors.numpy

from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_path

FORMAT = "safetensors"
FILE = "model.safetensors"
INDEX = "model.safetensors.index.json"
DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16, "I64": np.int64,
          "I32": np.int32, "I16": np.int16, "I8": np.int8, "U64": np.uint64, "U32": np.uint32, "U16": np.uint16,
          "U8": np.uint8, "BOOL": np.bool_}  # fmt: skip


def read(path):
    """A lazy mapping {name: array} of a file, of a folder's model.safetensors, or of the files its index lists.

    Raises InputError if a file is missing, truncated or corrupt, or a tensor is not in the file where it should be.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        path = path / FILE if (path / FILE).is_file() else path / INDEX
    if not path.is_file():
        raise InputError(f"{path}: no such file. Expected a file or a folder with {FILE} or {INDEX}.")
    return SafetensorsCheckpoint(path)


def write(path, tensors, metadata=None):
    """Writes {name: array} to one file, with `metadata` {str: str} in its header."""
    tensors = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}  # its writer ignores strides
    with atomic_path(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode                                 # what others may do; its writer lets the owner read alone
        try:
            safetensors.numpy.save_file(tensors, temporary, metadata)
        except safetensors.SafetensorError as error:                    # it tells the system's errors as text
            number = re.search(r"\(os error (\d+)\)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from None
        temporary.chmod(mode)


class SafetensorsCheckpoint(Mapping):
    """What `read` returns. `shape` and `dtype` answer from the headers alone."""

    format = FORMAT

    def __init__(self, path):
        self.path = path
        if path.name.endswith(".index.json"):
            self._files = _read_index(path)
        else:
            file = _open(path)
            self._files = dict.fromkeys(file.keys(), file)

    def __iter__(self):
        return iter(self._files)

    def __len__(self):
        return len(self._files)

    def __getitem__(self, name):
        return self._files[name].get_tensor(name)

    def shape(self, name):
        return tuple(self._files[name].get_slice(name).get_shape())

    def dtype(self, name):
        code = self._files[name].get_slice(name).get_dtype()
        if code not in DTYPES:
            raise InputError(f"{self.path}: expected types among {', '.join(DTYPES)}. Received: {name} of type {code}.")
        return np.dtype(DTYPES[code])

    def verify(self, name):
        """The format has no checksums; that no tensor lies beyond its file's end was seen on opening."""


def _open(path):
    try:
        return safetensors.safe_open(path, framework="np")
    except safetensors.SafetensorError as error:
        raise InputError(f"{path}: truncated, corrupt, or no safetensors file ({error}). Received "
                         f"{path.stat().st_size} bytes. Copy or download it again.") from error  # fmt: skip


def _read_index(path):
    """{tensor name: open file}."""
    try:
        weight_map = json.loads(path.read_text("utf-8"))["weight_map"]
        names = {name: str(file) for name, file in weight_map.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f'{path}: expected {{"weight_map": {{tensor: file}}}}. Download it again.') from error
    missing = sorted({file for file in names.values() if not (path.parent / file).is_file()})
    if missing:
        raise InputError(f"{path}: expected {', '.join(missing)} beside it. No such file: copy or download it too.")
    files = {file: _open(path.parent / file) for file in sorted(set(names.values()))}
    absent = sorted(name for name, file in names.items() if name not in set(files[file].keys()))
    if absent:
        raise InputError(f"{path}: expected {absent[0]} in {names[absent[0]]}. It is not there ({len(absent)} such "
                         "names): the files do not belong together. Download them again.")  # fmt: skip
    return {name: files[file] for name, file in names.items()}
