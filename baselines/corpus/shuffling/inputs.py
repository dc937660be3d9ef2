"""The bytes of several text files, plain or gzipped, as one sequence of lines, each of which ends in a newline."""

import fnmatch
import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.storage.path_patterns import matching_paths, with_literal_names
from baselines.storage.text_files import disk_position, input_errors, is_compressed, open_text


def expand(patterns: Iterable[str | Path]) -> list[Path]:
    """The files that paths and patterns such as texts/*.gz name, sorted within a pattern. Raises InputError if one names none."""
    found = []
    for pattern in patterns:
        paths = matching_paths(pattern)
        if not paths:
            raise InputError(f"{pattern}: no file of that name, and none that matches it as a pattern. Check the path.")
        found += map(Path, paths)
    for path in found:
        if path.is_dir():
            raise InputError(f"{path} is a folder. Name its files: '{path}/*'.")
    real = [real_path(path) for path in found]
    again = next((path for path, one in zip(found, real, strict=True) if real.count(one) > 1), None) if len(real) < 5000 else None
    if again:
        raise InputError(f"{again} is named twice, so its lines would come out twice. Name every file once.")
    return found


def refuse_among_inputs(output: str | Path, patterns: Iterable[str | Path], files: Sequence[Path]) -> None:
    """Raises InputError where the output is an input, or the next run with the same patterns would take it for one."""
    output = real_path(output)
    inside = output / f"{PART.format(0)}.txt"
    for path in files:
        if real_path(path) in (output, inside) or output in real_path(path).parents:
            raise InputError(f"--out: {output} holds the input {path}. Choose another place.")
    for pattern in map(str, patterns):
        absolute = with_literal_names(os.path.join(real_path(os.path.dirname(pattern) or "."), os.path.basename(pattern)))
        if glob.has_magic(pattern) and not os.path.exists(pattern) and any(named_by(path, absolute) for path in (output, inside)):
            raise InputError(f"--out: the pattern {pattern} would name {output} in the next run. Choose another place.")


def real_path(path: str | Path) -> Path:
    """A path behind its links; those that form a loop stay as they are, where `Path.resolve` raises RuntimeError."""
    return Path(os.path.realpath(path))


def named_by(path: str | Path, pattern: str) -> bool:
    """Whether an absolute pattern of `glob` would find a path if it were there."""
    ours, theirs = Path(path).parts, Path(pattern).parts
    if "**" in theirs:
        return fnmatch.fnmatch(str(path), pattern.replace("**/", "*"))
    return len(ours) == len(theirs) and all(map(fnmatch.fnmatch, ours, theirs))


PART = "part-{:05d}"
"""Names of the files of a split output, without their suffix."""


def size_of(files: Sequence[Path]) -> tuple[int, bool]:
    """(bytes on the disk, whether all of them are plain text)."""
    return sum(path.stat().st_size for path in files), not any(map(is_compressed, files))


class LineReader:
    """Reads files one after the other into a buffer; where one does not end in a newline, it is given one.

    Args:
        files: plain or gzipped.

    Attributes:
        read: bytes of the files that were read so far, as they are on the disk.
        completed: files that were given a newline.
    """

    def __init__(self, files: Iterable[Path]):
        self.files, self.completed, self.read = list(files), 0, 0
        self._next, self._file, self._last, self._before = 0, None, None, 0

    def readinto(self, buffer: np.ndarray) -> int:
        """Fills a uint8 array. Returns how many bytes it got, less than its length at the end of all only."""
        filled = 0
        while filled < len(buffer):
            if self._file is None and not self._open():
                break
            count = self._count(memoryview(buffer)[filled:])
            if count:
                self._last = buffer[filled + count - 1]
                filled += count
            else:
                if self._last not in (None, 10):                        # 10 is the newline
                    buffer[filled], self._last = 10, 10
                    filled += 1
                    self.completed += 1
                self.close()
            self.read = self._before + (disk_position(self._file) if self._file else 0)
        return filled

    def _open(self):
        if self._next == len(self.files):
            return False
        path, self._last = self.files[self._next], None
        self._next += 1
        self._file = open_text(path)
        return True

    def _count(self, view):
        with input_errors(self.files[self._next - 1]):
            return self._file.readinto(view[: 1 << 20])

    def close(self) -> None:
        """Closes the file that is open."""
        if self._file:
            self._before += disk_position(self._file)
            self._file.close()
        self._file = None
