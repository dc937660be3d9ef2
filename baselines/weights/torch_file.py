"""One file of torch.save: a zip archive (PyTorch 1.6 and later), or pickles followed by the storages (before). No code runs.

archive/data.pkl         the pickle (torch_tensors.py)         | pickle of a magic number, of a version, of the machine's types,
archive/data/0, 1, …     the storages, stored uncompressed     | of the value, of the list of storage keys; then for each key
archive/byteorder        "little"; older files have none       | int64 size in numbers, and the bytes
"""

import functools
import io
import mmap
import pathlib
import struct
import zipfile
import zlib

import numpy as np

from baselines.errors import InputError, excerpt
from baselines.weights.lfs_pointer import require_no_pointer
from baselines.weights.pickle_machine import Corrupted, Refused, read_pickle
from baselines.weights.torch_tensors import TensorRecord, read_tensors

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
MAX_PICKLE = 1 << 28
"""Bytes of the pickle in an archive: beside the storages it is small."""
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
NESTED = ("state_dict", "model_state_dict", "model", "module", "net")
"""Keys under which training scripts keep the weights, beside what else they save."""
TRUST = "Nothing of it was run. Get the weights from a source that you trust, or have its owner save the state_dict as safetensors."


class TorchFile:
    """The tensors of a file, mapped into memory.

    Args:
        path: Of an existing file.

    Attributes:
        path: Of the file.
        records: {name: TensorRecord}, under the names in the file.
        notes: What the user should know about them.

    Raises:
        InputError: The file is truncated, corrupted or of another kind, or its pickle asks for more than weights need.
    """

    def __init__(self, path: pathlib.Path):
        self.path = path
        self._bytes, memory = _map(path)
        self._places, self._checksums = {}, {}                          # {key: (first byte, number of bytes)}, {key: CRC-32}
        try:
            value = self._read_archive() if bytes(self._bytes[:2]) == b"PK" else self._read_legacy(memory)
        except Corrupted as error:
            raise _truncated(path, f"in its pickle: {error}") from error
        except Refused as error:
            raise InputError(f"{path}: not read, because {error}. {TRUST}") from error
        self.records, self.notes = _state(path, value)
        for name, record in self.records.items():
            self._check(name, record)

    def array(self, name: str) -> np.ndarray:
        """The tensor, read-only, in the file's memory."""
        record = self.records[name]
        size = record.dtype.itemsize
        if 0 in record.shape:
            return np.zeros(record.shape, record.dtype)
        strides = tuple(stride * size for stride in record.strides)
        place = self._places[record.storage.key][0] + record.start
        return np.ndarray(record.shape, record.dtype, self._bytes, place, strides)

    def verify(self, name: str) -> None:
        """Raises InputError if the bytes of a tensor's storage are not what was written; the legacy format has no checksums."""
        key = self.records[name].storage.key
        expected = self._checksums.get(key)
        if expected is None:
            return
        start, size = self._places[key]
        received = zlib.crc32(self._bytes[start : start + size])
        if received != expected:
            raise InputError(f"{self.path}: checksum mismatch in {excerpt(name)} (expected {expected:08x}, got {received:08x}). "
                             "The file is corrupted: copy or download it again.")  # fmt: skip
        del self._checksums[key]                                        # other tensors lie in the same storage

    def _check(self, name, record):
        storage, place = record.storage, self._places.get(record.storage.key)
        if place is None or (storage.start + storage.size) * storage.dtype.itemsize > place[1]:
            raise _truncated(self.path, f"{excerpt(name)} is not in it, or not all of it")

    def _read_archive(self):
        try:
            with zipfile.ZipFile(self.path) as archive:
                entries = {entry.filename: entry for entry in archive.infolist()}
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError, OSError) as error:
            raise _truncated(self.path, f"no complete zip archive: {excerpt(error)}") from error
        pickles = [name for name in entries if name == "data.pkl" or name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise InputError(f"{self.path}: a zip archive, but not of torch.save ({len(pickles)} files data.pkl). Check the path.")
        prefix = pickles[0].removesuffix("data.pkl")
        order = entries.get(f"{prefix}byteorder")
        if order is not None and bytes(self._content(order)[:8]) != b"little":
            raise InputError(f"{self.path}: its numbers are not little-endian. Save the weights again on another machine.")
        for name, entry in entries.items():
            if name.startswith(f"{prefix}data/"):
                key = name.removeprefix(f"{prefix}data/")
                self._places[key], self._checksums[key] = self._place(entry), entry.CRC or None
        content = self._content(entries[pickles[0]])
        if content.size > MAX_PICKLE:
            raise Refused(f"its pickle has {content.size} bytes")
        if entries[pickles[0]].CRC not in (0, zlib.crc32(content)):      # 0: torch was asked to compute none
            raise _truncated(self.path, "checksum mismatch in data.pkl")
        return read_tensors(io.BytesIO(content))

    def _content(self, entry):
        start, size = self._place(entry)
        return self._bytes[start : start + size]

    def _place(self, entry):
        """(first byte, number of bytes) of an entry, which is not compressed: what is in the file is all that can be read."""
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1 or entry.compress_size != entry.file_size:
            raise InputError(f"{self.path}: {excerpt(entry.filename)} is compressed or encrypted, which torch.save never does. Get "
                             "the file again, or unpack it if it was packed.")  # fmt: skip
        header = bytes(self._bytes[entry.header_offset : entry.header_offset + LOCAL_HEADER.size])
        if len(header) < LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise _truncated(self.path, f"{excerpt(entry.filename)} is not where the archive says")
        *_, name, extra = LOCAL_HEADER.unpack(header)
        start = entry.header_offset + LOCAL_HEADER.size + name + extra
        if start + entry.file_size > self._bytes.size:
            raise _truncated(self.path, f"{excerpt(entry.filename)} ends behind the file")
        return start, entry.file_size

    def _read_legacy(self, memory):
        plain = functools.partial(read_pickle, memory, {}, set(), _no_storage)
        if memory[:1] != b"\x80":
            raise _other_kind(self.path, memory[:60])
        if plain() != MAGIC:
            raise InputError(f"{self.path}: a pickle, but not of torch.save. {TRUST}")
        if plain() != VERSION:
            raise InputError(f"{self.path}: an unknown version of torch.save's old format. Save the weights again.")
        machine = plain()
        if isinstance(machine, dict) and machine.get("little_endian") is False:
            raise InputError(f"{self.path}: its numbers are not little-endian. Save the weights again on another machine.")
        value, keys = read_tensors(memory), plain()
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise Refused("its list of storages is corrupted")
        sizes, place = _item_sizes(value), memory.tell()
        for key in keys:
            count = int.from_bytes(memory[place : place + 8], "little", signed=True)
            size = count * sizes.get(key, 1)
            if count < 0 or place + 8 + size > len(memory):
                raise _truncated(self.path, f"the storage {excerpt(key)} ends behind the file")
            if key not in sizes:
                raise Refused(f"no tensor is in the storage {excerpt(key)}, so that its size is unknown")
            self._places[key] = place + 8, size
            place += 8 + size
        return value


def _map(path):
    """(uint8 array of a file's bytes, the mmap itself)."""
    try:
        with open(path, "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        raise InputError(f"{path}: the file is empty. Copy or download it again.") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}. Check its permissions.") from error
    return np.frombuffer(memory, np.uint8), memory


def _state(path, value):
    """({name: TensorRecord}, notes) of a value: the tensors of a dict, or of the dict that a training script put into it."""
    notes, trail = [], []
    for _ in range(3):
        key = next((key for key in NESTED if isinstance(value, dict) and isinstance(value.get(key), dict) and value[key]), None)
        if key is None:
            break
        value = value[key]
        trail.append(key)
    items = value if isinstance(value, dict) else {}
    records = {name: item for name, item in items.items() if isinstance(item, TensorRecord) and isinstance(name, str)}
    if not records:
        keys = excerpt(", ".join(map(str, list(items)[:5])) or type(value).__name__)
        raise InputError(f"{path}: no tensors by name, only {keys}. Save the state_dict of the model.")
    others = [str(name) for name in items if name not in records]
    if trail:
        notes.append(f"{path}: the weights are under {' / '.join(trail)}.")
    if others:
        notes.append(f"{path}: {len(others)} entries that are no tensors are left out ({excerpt(', '.join(others[:3]))}).")
    return records, tuple(notes)


def _item_sizes(value):
    """{storage key: bytes of a number} of all tensors in a value."""
    sizes, waiting, seen = {}, [value], set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, TensorRecord):
            sizes[item.storage.key] = item.storage.dtype.itemsize
        elif isinstance(item, dict | list | tuple) and id(item) not in seen:
            seen.add(id(item))
            waiting.extend(item.values() if isinstance(item, dict) else item)
    return sizes


def _no_storage(_):
    raise Refused("it refers to a storage where none can be")


def _truncated(path, reason):
    return InputError(f"{path}: truncated or corrupted ({reason}). It has {path.stat().st_size} bytes: copy or download it again.")


def _other_kind(path, start):
    require_no_pointer(path)
    return InputError(f"{path}: not a file of torch.save (it starts with {excerpt(start[:20])}). Download it again.")
