"""A folder of arrays as .npy files, with a JSON header that describes them and holds their checksums.

    KIND = Kind("prefix-index", 1, "index.json", "an index", "Build one with `run.py kg build`.")

Opening fails within milliseconds, whatever the size, if a file is truncated, swapped or of another version, or a bit flipped in a
small folder. `verify` reads all of a large folder. `guarded` turns errors that remain into one line when an array is read.
"""

import dataclasses
import functools
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError, excerpt
from baselines.storage.ragged_array import RaggedArray
from baselines.storage.temporary_names import folder_destination

_BLOCK = 1 << 24
VERIFIED_BYTES = 1 << 25
"""Folders up to this size are always compared with their checksums when opened, which takes milliseconds."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """The kind of content of a folder.

    Args:
        format: Name of the format in the header.
        version: Version of the format; other versions cannot be opened.
        header: Name of the header's file.
        noun: What the folder is, for messages: "an index".
        made_by: Sentence that says how to make one.
    """

    format: str
    version: int
    header: str
    noun: str
    made_by: str


class ArrayFolderWriter:
    """Fills an empty folder with arrays and, last, the header."""

    def __init__(self, folder: str | os.PathLike, kind: Kind):
        self.folder, self.kind, self._files = Path(folder), kind, {}

    def array(self, name: str, array: np.ndarray) -> None:
        """Writes one array."""
        array = np.ascontiguousarray(array)
        self.blocks(name, array.dtype, array.shape, [array])

    def arrays(self, arrays: dict[str, np.ndarray]) -> None:
        """Writes several arrays by their names."""
        for name, array in arrays.items():
            self.array(name, array)

    def ragged(self, name: str, rows: RaggedArray) -> None:
        """Writes the two arrays of a RaggedArray, NAME_values and NAME_offsets."""
        self.array(f"{name}_values", rows.values)
        self.array(f"{name}_offsets", rows.offsets)

    def blocks(self, name: str, dtype: np.dtype, shape: int | tuple, blocks: Iterable[np.ndarray]) -> None:
        """Writes an array that arrives in blocks of its first axis. A shape that is an int means a vector."""
        path = path_of(self.folder, name)
        with open(path, "wb") as file:                      # not ndarray.tofile, whose error on a full disk has no errno
            np.lib.format.write_array_header_1_0(
                file, {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": as_shape(shape)}
            )
            for block in blocks:
                file.write(memoryview(np.ascontiguousarray(block, dtype)).cast("B"))
        self.file(name)

    def file(self, name: str) -> None:
        """Adds a file of the folder to the header: an array, or a file in a library's own format, whose name has its suffix."""
        path = path_of(self.folder, name)
        self._files[name] = {"bytes": path.stat().st_size, "crc32": _crc32(path)}

    def link(self, name: str, source: str | os.PathLike, header: dict) -> None:
        """Adds a file of another folder by a hard link, or a copy where links are not possible. `header` is that folder's."""
        path = path_of(self.folder, name)
        try:
            os.link(path_of(source, name), path)
        except OSError:
            shutil.copyfile(path_of(source, name), path)
        self._files[name] = header["files"][name]

    def header(self, **about: Any) -> None:
        """Writes the header.

        Args:
            **about: Further fields of the header, as plain JSON.
        """
        header = {"format": self.kind.format, "version": self.kind.version, **about, "files": self._files}
        header["digest"] = _digest(header)
        (self.folder / self.kind.header).write_text(json.dumps(header, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def require_replaceable(folder: str | os.PathLike, kind: Kind) -> Path:
    """Checks, before long work, that a folder of this kind can be written to a place.

    Returns:
        Where it will be written: symbolic links are followed.

    Raises:
        InputError: Something else is there, or the place cannot be replaced.
    """
    real = folder_destination(folder)
    if real.exists() and not (real / kind.header).is_file() and any(real.iterdir()):
        raise InputError(f"{folder} exists and is not {kind.noun}. Choose a new folder, or {kind.noun} to replace.")
    return real


def read_header(folder: str | os.PathLike, kind: Kind) -> dict:
    """Reads the header of a folder of a Kind.

    Raises:
        InputError: The header is missing, changed or of another version, or files are missing or of another size.
    """
    folder = Path(folder)
    path = folder / kind.header
    try:
        header = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{folder} is not {kind.noun}: {kind.header}: {error.strerror}. {kind.made_by}") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"it is not JSON ({error})") from error
    if not isinstance(header, dict) or header.get("format") != kind.format:
        raise InputError(f"{path} is not the header of {kind.noun}. {kind.made_by}")
    if header.get("version") != kind.version:
        version = excerpt(header.get("version"))
        raise InputError(f"{path} has version {version} of the format, not {kind.version}. Build it again. {kind.made_by}")
    if header.get("digest") != _digest(header):
        raise _damaged(path, "it was changed after it was written")
    try:
        for name, file in header["files"].items():
            if Path(name).name != name:
                raise _damaged(path, f"it names the file {excerpt(name)}, which is outside of the folder")
            _require_size(path_of(folder, name), file["bytes"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise _damaged(path, f"its list of files is unreadable ({error!r})") from error
    return header


def open_folder(folder: str | os.PathLike, kind: Kind, verified: bool = False) -> tuple[dict, dict[str, np.ndarray]]:
    """Opens a folder of a Kind.

    Args:
        folder: The folder.
        kind: Expected kind.
        verified: Compare all checksums, even of a large folder.

    Returns:
        The header, and {name: read-only array in the memory of its file, which all processes share}.

    Raises:
        InputError: The folder is something else, or damaged.
    """
    header = read_header(folder, kind)
    if verified or sum(file["bytes"] for file in header["files"].values()) <= VERIFIED_BYTES:
        verify(folder, header)
    return header, open_arrays(folder, header)


def open_arrays(folder: str | os.PathLike, header: dict) -> dict[str, np.ndarray]:
    """The arrays of `open_folder`."""
    arrays = {}
    for name in header["files"]:
        path = path_of(folder, name)
        if path.suffix != ".npy":
            continue
        try:
            arrays[name] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)     # a memmap slices slowly
        except Exception as error:                          # NumPy parses a header as Python: SyntaxError, tokenize.TokenError, …
            raise _damaged(path, f"it is not an array ({excerpt(error)})") from error
    return arrays


def verify(folder: str | os.PathLike, header: dict) -> None:
    """Reads every file. Raises InputError for one whose checksum differs."""
    for name, file in header["files"].items():
        path = path_of(folder, name)
        actual = _crc32(path)
        if actual != file["crc32"]:
            raise InputError(f"{path}: checksum mismatch (expected {excerpt(file['crc32'])}, got {actual}). The file is corrupted; "
                             "copy or rebuild the folder.")  # fmt: skip


def guarded(method: Callable) -> Callable:
    """Decorates a method of an opened folder (`self.folder`): it raises InputError if the arrays contradict each other."""

    @functools.wraps(method)
    def reading(self, *args, **kwargs):
        try:
            return method(self, *args, **kwargs)
        except InputError:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError, MemoryError, RecursionError) as error:
            raise _damaged(self.folder, f"its files contradict each other ({type(error).__name__}: {excerpt(error)})") from error

    return reading


def path_of(folder: str | os.PathLike, name: str) -> Path:
    """The path of a file in the header: NAME.npy for an array, or the name itself if it has a suffix."""
    return Path(folder) / (name if "." in name else f"{name}.npy")


def as_shape(shape: int | tuple) -> tuple[int, ...]:
    """(3,) of 3, (3, 2) of (3, 2), plain ints."""
    return tuple(map(int, shape)) if isinstance(shape, tuple) else (int(shape),)


def _damaged(path, reason):
    return InputError(f"{path} is corrupted: {reason}. Copy or rebuild the folder.")


def _require_size(path, expected):
    size = path.stat().st_size if path.is_file() else None
    if size != expected:
        problem = "is missing" if size is None else f"has {size:,} bytes, not {expected:,}"
        raise InputError(f"{path} {problem}. The copy may be incomplete: copy or rebuild the folder.")


def _crc32(path):
    checksum = 0
    with open(path, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            checksum = zlib.crc32(block, checksum)
    return f"{checksum:08x}"


def _digest(header):
    covered = {key: value for key, value in header.items() if key != "digest"}
    return hashlib.sha256(json.dumps(covered, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
