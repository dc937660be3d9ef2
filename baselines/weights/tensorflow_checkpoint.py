"""TensorFlow V2 checkpoints (tensor bundles) in NumPy: `prefix.index` and `prefix.data-00000-of-00001`.

The index is a table {name: BundleEntryProto}; the data files (shards) are the tensors' raw bytes.
tensorflow/core/util/tensor_bundle/tensor_bundle.h, tensorflow/core/protobuf/tensor_bundle.proto.
"""

import dataclasses
import math
import pathlib
from collections.abc import Mapping

import ml_dtypes
import numpy as np

from baselines.errors import InputError, nearest
from baselines.storage.atomic_files import atomic_write
from baselines.storage.protocol_buffers import Fixed32, Malformed, fields, message, number
from baselines.weights.crc32c import crc32c, masked
from baselines.weights.leveldb_table import read_table, write_table

_NAMES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 10: "?", 14: ml_dtypes.bfloat16,
          17: "<u2", 19: "<f2", 22: "<u4", 23: "<u8"}  # fmt: skip
DTYPES = {code: np.dtype(name) for code, name in _NAMES.items()}
CODES = {dtype: code for code, dtype in DTYPES.items()}
STRING = 7


def read(prefix: str | pathlib.Path) -> "TensorFlowCheckpoint":
    """A lazy mapping {name: read-only array} of the numeric tensors, mapped into memory; other kinds are left out.

    The checksum of a tensor is verified when it is read for the first time.

    Raises:
        InputError: A file is missing, truncated, corrupted or of an unknown kind.
    """
    return TensorFlowCheckpoint(prefix)


def write(prefix: str | pathlib.Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Writes {name: array} in one shard. The index, which makes the files a checkpoint, appears last."""
    prefix = pathlib.Path(prefix)
    with atomic_write(f"{prefix}.index") as index:
        entries = [(b"", message({1: 1, 3: message({1: 1})}))]      # the header: one shard, version 1
        with atomic_write(_shard_path(prefix, 0, 1)) as data:
            for name in sorted(tensors, key=str.encode):
                entries.append((name.encode(), _write_tensor(data, name, tensors[name])))
        index.write(write_table(entries))


class TensorFlowCheckpoint(Mapping):
    """What `read` returns. `shape` and `dtype` answer from the index alone.

    Attributes:
        path: The prefix.
        notes, hugging_face: As of a SafetensorsCheckpoint; there are no notes.
    """

    format, notes, hugging_face = "TensorFlow V2 checkpoint", (), False

    def __init__(self, prefix: str | pathlib.Path):
        self.path = pathlib.Path(prefix)
        self._num_shards, self._entries = _read_index(self.path)
        self._shards = {shard: self._map(shard) for shard in sorted({entry.shard for entry in self._entries.values()})}
        self._verified = set()

    def __iter__(self):
        return iter(self._entries)

    def __len__(self):
        return len(self._entries)

    def __getitem__(self, name):
        entry = self._entries[name]
        self.verify(name)
        return self._bytes(entry).view(entry.dtype).reshape(entry.shape)

    @property
    def files(self) -> set[pathlib.Path]:
        """The files of the weights: the index and the shards, also those without numeric tensors."""
        shards = {_shard_path(self.path, shard, self._num_shards) for shard in range(self._num_shards)}
        return {self.path.with_name(f"{self.path.name}.index")} | shards

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        return self._entries[name].shape

    def dtype(self, name: str) -> np.dtype:
        """The dtype of a tensor."""
        return self._entries[name].dtype

    def verify(self, name: str) -> None:
        """Raises InputError if the bytes of a tensor are not what was written."""
        entry = self._entries[name]
        if name not in self._verified and masked(crc32c(self._bytes(entry))) != entry.checksum:
            raise InputError(
                f"{_shard_path(self.path, entry.shard, self._num_shards)}: the checksum of {name} does not match "
                f"{self.path.name}.index. One of them is corrupted or of another checkpoint: copy or download both again."
            )
        self._verified.add(name)

    def _bytes(self, entry):
        return self._shards[entry.shard][entry.offset : entry.offset + entry.size]

    def _map(self, shard):
        path = _shard_path(self.path, shard, self._num_shards)
        if not path.is_file():
            raise InputError(f"{path}: no such file, although {self.path.name}.index refers to it. Copy or download it too.")
        expected = max(entry.offset + entry.size for entry in self._entries.values() if entry.shard == shard)
        received = path.stat().st_size
        if received < expected:
            raise InputError(f"{path}: truncated, it has {received} of {expected} bytes. Copy or download it again.")
        return np.asarray(np.memmap(path, np.uint8, "r")) if received else np.zeros(0, np.uint8)


@dataclasses.dataclass(frozen=True)
class _Entry:
    dtype: np.dtype
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int


def _read_index(prefix):
    """Number of shards, {name: _Entry}."""
    path = prefix.with_name(f"{prefix.name}.index")
    if not path.is_file():
        raise _no_index(prefix, path)
    try:
        table = {key: dict(fields(value)) for key, value in read_table(path)}
        header = table.pop(b"")
        whole = {key.decode(): proto for key, proto in table.items() if key[0]}     # keys of slices begin with a zero
        entries = {name: _entry(path, name, proto) for name, proto in whole.items()}
        num_shards, big_endian = number(header, 1, 1), number(header, 2)
        if big_endian:
            raise InputError(f"{path}: the tensors are big-endian, which is not implemented. Save them on another machine.")
    except (KeyError, IndexError, UnicodeDecodeError, Malformed) as error:
        raise InputError(f"{path}: not the index of a checkpoint, or corrupted ({error}). Copy or download it again.") from error
    return num_shards, {name: entry for name, entry in entries.items() if entry}


def _entry(path, name, proto):
    """Of a BundleEntryProto; None for a string (the object graph of tf.train.Checkpoint)."""
    code, shape = number(proto, 1), tuple(number(dict(fields(size)), 1) for size in _repeated(proto.get(2, b""), 2))
    if code == STRING:
        return None
    if 7 in proto:
        raise InputError(f"{path}: {name} is stored in slices (a partitioned variable), which is not implemented. Restore the "
                         "checkpoint and save it once without a partitioner.")  # fmt: skip
    if code not in DTYPES:
        raise InputError(f"{path}: {name} has type {code} of TensorFlow's types.proto, which is not implemented. Convert it to one "
                         f"of {', '.join(map(str, CODES))}.")  # fmt: skip
    entry = _Entry(DTYPES[code], shape, *(number(proto, field) for field in (3, 4, 5, 6)))
    if entry.size != math.prod(shape) * entry.dtype.itemsize:
        raise InputError(f"{path}: corrupted, {name} has the shape {shape} but {entry.size} bytes. Copy or download it again.")
    return entry


def _repeated(proto, number):
    return [value for field, value in fields(proto) if field == number]


def _no_index(prefix, path):
    if prefix.is_file():
        return InputError(f"{prefix}: a V1 checkpoint (one file) is not implemented. Restore and save it once with "
                          "tf.compat.v1.train.Saver.")  # fmt: skip
    beside = [file.name.removesuffix(".index") for file in prefix.parent.glob("*.index")]
    return InputError(f"{path}: no such file. {nearest(prefix.name, beside)}")


def _shard_path(prefix, shard, num_shards):
    return prefix.with_name(f"{prefix.name}.data-{shard:05d}-of-{num_shards:05d}")


def _write_tensor(file, name, tensor):
    """Appends the bytes to the data file and returns the BundleEntryProto."""
    tensor = np.asarray(tensor)
    dtype = tensor.dtype.newbyteorder("<")
    if dtype not in CODES:
        known = ", ".join(map(str, CODES))
        raise ValueError(f"write: expected types among {known}. Received: {name} of {tensor.dtype}")
    raw = np.ascontiguousarray(tensor, dtype).reshape(-1).view(np.uint8)
    offset = file.tell()
    file.write(raw.data)
    shape = b"".join(message({2: message({1: size})}) for size in tensor.shape)
    return message({1: CODES[dtype], 2: shape, 4: offset, 5: raw.size, 6: Fixed32(masked(crc32c(raw)))})
