"""A folder of arrays as .npy files, and a header in JSON that says what they are and what they must add up to.

    KIND = Kind("prefix-index", 1, "index.json", "an index", "`run.py kg build` makes one.")

A file that is cut, swapped or of another version is refused on opening, in milliseconds whatever the size; `verify` reads all of it
and finds every flipped bit.
"""

import dataclasses
import hashlib
import json
import os
import shutil
import zlib
from pathlib import Path

import numpy as np

from baselines.errors import InputError

_BLOCK = 1 << 24


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a folder holds.

    format, version   as its header says; another version is refused
    header            name of the header's file
    noun, made_by     for messages: "an index", and how one is made
    """

    format: str
    version: int
    header: str
    noun: str
    made_by: str


class ArrayFolderWriter:
    """Fills an empty folder with arrays and, last, the header."""

    def __init__(self, folder, kind):
        self.folder, self.kind, self._files = Path(folder), kind, {}

    def array(self, name, array):
        array = np.ascontiguousarray(array)
        self.blocks(name, array.dtype, array.shape, [array])

    def ragged(self, name, rows):
        self.array(f"{name}_values", rows.values)
        self.array(f"{name}_offsets", rows.offsets)

    def blocks(self, name, dtype, shape, blocks):
        """An array of this shape, or of so many numbers, that arrives in blocks of its first axis."""
        path = path_of(self.folder, name)
        with open(path, "wb") as file:                      # not ndarray.tofile, whose error on a full disk has no errno
            np.lib.format.write_array_header_1_0(
                file, {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": as_shape(shape)}
            )
            for block in blocks:
                file.write(memoryview(np.ascontiguousarray(block, dtype)).cast("B"))
        self.file(name)

    def file(self, name):
        """Takes up a file that is in the folder: an array's, or one of a library's own format, whose name has its suffix."""
        path = path_of(self.folder, name)
        self._files[name] = {"bytes": path.stat().st_size, "crc32": _crc32(path)}

    def link(self, name, source, header):
        """Takes a file over, as it is, from the folder `source` of that header: the same one, where the system has links."""
        path = path_of(self.folder, name)
        try:
            os.link(path_of(source, name), path)
        except OSError:
            shutil.copyfile(path_of(source, name), path)
        self._files[name] = header["files"][name]

    def header(self, **about):
        """`about`: what the header tells beside format, version and files; plain JSON."""
        header = {"format": self.kind.format, "version": self.kind.version, **about, "files": self._files}
        header["digest"] = _digest(header)
        (self.folder / self.kind.header).write_text(json.dumps(header, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_header(folder, kind):
    """The header of a folder of a Kind. Raises InputError where it holds none, another version, or files of another size."""
    folder = Path(folder)
    path = folder / kind.header
    try:
        header = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{folder}: expected the folder of {kind.noun}, with {kind.header}. Received: {error.strerror}. {kind.made_by}"
        ) from error
    except ValueError as error:
        raise InputError(f"{path}: expected the header of {kind.noun} in JSON. Received: {error}. {kind.made_by}") from error
    if not isinstance(header, dict) or header.get("format") != kind.format:
        raise InputError(f"{path}: expected the header of {kind.noun}. Received: something else. {kind.made_by}")
    if header.get("version") != kind.version:
        received = header.get("version")
        raise InputError(f"{path}: expected version {kind.version} of the format. Received: {received}. Build it again.")
    if header.get("digest") != _digest(header):
        raise InputError(f"{path}: expected the header as it was written. Received: a changed one. {kind.made_by}")
    for name, file in header["files"].items():
        path = path_of(folder, name)
        size = path.stat().st_size if path.is_file() else None
        if size != file["bytes"]:
            received = "none" if size is None else f"{size:,}"
            raise InputError(f"{path}: expected {file['bytes']:,} bytes. Received: {received}. Is the copy complete?")
    return header


def open_arrays(folder, header):
    """{name: read-only array in the memory of the file, shared with all processes that open it}."""
    found = {}
    for name in header["files"]:
        path = path_of(folder, name)
        if path.suffix != ".npy":
            continue
        try:
            found[name] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)     # a memmap slices slowly
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: expected an array in .npy. Received: {error}. Build the folder again.") from error
    return found


def verify(folder, header):
    """Reads every file. Raises InputError for one whose checksum differs."""
    for name, file in header["files"].items():
        path = path_of(folder, name)
        if _crc32(path) != file["crc32"]:
            raise InputError(f"{path}: expected the checksum {file['crc32']}. Received: another: the file is damaged. "
                             "Copy or build the folder again.")  # fmt: skip


def path_of(folder, name):
    """Where a file of the header stands: name.npy of an array, the name itself where it has a suffix."""
    return Path(folder) / (name if "." in name else f"{name}.npy")


def as_shape(shape):
    """(3,) of 3, (3, 2) of (3, 2), plain ints."""
    return tuple(map(int, shape)) if isinstance(shape, tuple) else (int(shape),)


def _crc32(path):
    checksum = 0
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            checksum = zlib.crc32(block, checksum)
    return f"{checksum:08x}"


def _digest(header):
    told = {key: value for key, value in header.items() if key != "digest"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
