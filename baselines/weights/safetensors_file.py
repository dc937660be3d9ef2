"""safetensors, the format of Hugging Face's checkpoints: one file, or several and model.safetensors.index.json.

https://github.com/huggingface/safetensors#format. The files hold arrays only: reading one runs no code. The format has no
checksums, so files of ours have one among their metadata.
"""

import hashlib
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
from baselines.storage.checksums import sha256
from baselines.weights.lfs_pointer import require_no_pointer
from baselines.weights.names import wrapper_prefix
from baselines.weights.sharded_index import read_index, require_tensors

FORMAT = "safetensors"
FILE = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTED = "lora.json"
"""Beside a FILE that holds only what the base of LoRA adapters lacks, see models/adapters.py."""
DIGEST = "sha256"
"""Key of the metadata with the digest of everything else in the file."""
FILES = "files"
"""Key of the metadata with the SHA-256 digests of files beside it: {name: digest}, JSON."""
DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16, "I64": np.int64,
          "I32": np.int32, "I16": np.int16, "I8": np.int8, "U64": np.uint64, "U32": np.uint32, "U16": np.uint16,
          "U8": np.uint8, "BOOL": np.bool_}  # fmt: skip


def read(path: str | os.PathLike) -> "SafetensorsCheckpoint":
    """A lazy mapping {name: array} of a file, of a folder's model.safetensors, or of the files its index lists.

    Raises:
        InputError: A file is missing, truncated or corrupted, or a tensor is not in the file where it should be.
    """
    path = pathlib.Path(path)
    if path.is_dir() and (path / ADAPTED).is_file():
        raise InputError(f"{path}: LoRA adapters, without their base model. Merge them first: run.py merge RUN --out DIR")
    if path.is_dir():
        path = path / FILE if (path / FILE).is_file() else path / INDEX
    if not path.is_file():
        raise InputError(f"{path}: no such file. Give a .safetensors file, or a folder with {FILE} or {INDEX}.")
    return SafetensorsCheckpoint(path)


def write(
    path: str | os.PathLike, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None, digest: bool = False
) -> None:
    """Writes {name: array} to one file, with `metadata` in its header; with `digest`, whoever reads it sees corruption."""
    tensors = {name: np.asarray(tensor, order="C") for name, tensor in tensors.items()}  # its writer ignores strides
    metadata = dict(metadata or {})
    if digest:
        metadata[DIGEST] = _digest(tensors, tensors.__getitem__, metadata)
    with atomic_path(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode                                 # what others may do; its writer lets the owner read alone
        try:
            safetensors.numpy.save_file(tensors, temporary, metadata or None)
        except safetensors.SafetensorError as error:                    # it reports the system's errors as text
            number = re.search(r"\(os error (\d+)\)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from None
        _sort_metadata(temporary)
        temporary.chmod(mode)


def _sort_metadata(path):
    """Sorts the metadata of a file in place: its writer puts several entries in any order, and equal files shall be equal bytes."""
    with open(path, "r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        if len(header.get("__metadata__", ())) < 2:
            return
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        file.seek(8)
        file.write(text.ljust(size))                                    # as long as before: the format fills up with spaces


def verify(path: str | os.PathLike, file: safetensors.safe_open) -> None:
    """Raises InputError if an open file of ours is not what was written; files without a digest are others', or older."""
    metadata = dict(file.metadata() or {})
    expected = metadata.pop(DIGEST, None)
    if expected is None:
        return
    received = _digest(file.keys(), file.get_tensor, metadata)
    if received != expected:
        raise InputError(f"{path}: checksum mismatch (expected {expected[:12]}, got {received[:12]}). The file is corrupted: "
                         "copy it again, or train again.")  # fmt: skip


def verify_files(folder: str | os.PathLike) -> None:
    """Raises InputError if a file beside a model.safetensors of ours, such as the vocabulary, is not what was written with it."""
    path = pathlib.Path(folder) / FILE
    if not path.is_file():
        return
    try:
        files = json.loads((_open(path).metadata() or {}).get(FILES, "{}"))
    except ValueError:                                                  # another program's, or corrupted, which `verify` reports
        return
    for name, expected in files.items() if isinstance(files, dict) else ():
        file = pathlib.Path(folder) / pathlib.PurePath(name).name
        received = sha256(file) if file.is_file() else expected         # a missing file is noticed when it is needed
        if received != expected:
            raise InputError(f"{file}: checksum mismatch (expected {str(expected)[:12]}, got {received[:12]}). The file was "
                             "corrupted or edited after the run had saved it: copy the folder again.")  # fmt: skip


class SafetensorsCheckpoint(Mapping):
    """What `read` returns. `shape` and `dtype` answer from the headers alone.

    Attributes:
        path: The file, or the index.
        notes: What the user should know about the names.
        hugging_face: Whether the names are Hugging Face's; otherwise they are Google's.
    """

    format, hugging_face = FORMAT, True

    def __init__(self, path: pathlib.Path):
        self.path = path
        if path.name.endswith(".index.json"):
            files = _read_index(path)
        else:
            file = _open(path)
            files = dict.fromkeys(file.keys(), (path, file))
        prefix = wrapper_prefix(files)
        self.notes = (f"{path}: every name begins with {prefix}, which is left out.",) if prefix else ()
        self._places = {name.removeprefix(prefix): (name, *place) for name, place in files.items()}
        self._verified = set()

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)

    def __getitem__(self, name):
        stored, path, file = self._places[name]
        self.dtype(name)                                                # one that NumPy lacks is refused
        return _reading(path, lambda: file.get_tensor(stored))

    @property
    def files(self) -> set[pathlib.Path]:
        """The files of the weights, with the index."""
        return {self.path, *(path for _, path, _ in self._places.values())}

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        stored, path, file = self._places[name]
        return tuple(_reading(path, lambda: file.get_slice(stored).get_shape()))

    def dtype(self, name: str) -> np.dtype:
        """The dtype of a tensor. Raises InputError for one that NumPy does not have."""
        stored, path, file = self._places[name]
        code = _reading(path, lambda: file.get_slice(stored).get_dtype())
        if code not in DTYPES:
            raise InputError(f"{path}: {name} has the type {code}, which cannot be read. Convert it to one of {', '.join(DTYPES)}.")
        return np.dtype(DTYPES[code])

    def verify(self, name: str) -> None:
        """Raises InputError if the file of a tensor is not what we wrote. That no tensor lies beyond its end was seen before."""
        _, path, file = self._places[name]
        if path not in self._verified:
            _reading(path, lambda: verify(path, file))
            self._verified.add(path)


def _digest(names, tensor, metadata):
    """The hex SHA-256 of the metadata and of every tensor's name, type, shape and bytes; tensor(name) is one at a time."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(names):
        array = tensor(name)
        digest.update(f"{name}\n{array.dtype}\n{array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _open(path):
    return _reading(path, lambda: safetensors.safe_open(path, framework="np"))


def _reading(path, read):
    try:
        return read()
    except (safetensors.SafetensorError, UnicodeDecodeError, OverflowError) as error:
        require_no_pointer(path)
        raise InputError(f"{path}: truncated, corrupted, or no safetensors file ({error}). It has "
                         f"{path.stat().st_size} bytes: copy or download it again.") from error  # fmt: skip
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}. Check its permissions.") from error


def _read_index(path):
    """{tensor name: (path, open file)}."""
    files = read_index(path)
    opened = {place: _open(place) for place in dict.fromkeys(files.values())}
    require_tensors(path, files, {place: set(file.keys()) for place, file in opened.items()})
    return {name: (place, opened[place]) for name, place in files.items()}
