"""The output: one file, or a folder of parts of the same number of lines; gzipped where the suffix says so."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np

from baselines.corpus.shuffling.inputs import PART

LEVEL = 6


class Parts:
    """Takes blocks of lines and begins a new file after every `split` lines.

    name     function: number of a part -> path
    split    lines of a part, but for the last; 0: all in one
    gzipped  whether to compress; the same lines give the same bytes
    """

    def __init__(self, name: Callable[[int], Path], split: int, gzipped: bool):
        self.name, self.split, self.gzipped = name, split, gzipped
        self.count, self.lines, self.bytes = 0, 0, 0
        self._file, self._raw, self._room = None, None, 0

    def write(self, block: np.ndarray, ends: np.ndarray) -> None:
        """Lines that stand one after the other in a uint8 array, and where each ends; see `merging.merge`."""
        start = 0
        while start < len(block):
            if self._file is None:
                self._open()
            if self.split and len(ends) >= self._room:
                stop, full = int(ends[self._room - 1]), True
                done, ends = self._room, ends[self._room :] - stop
            else:
                stop, full, done = len(block) - start, False, len(ends)
            self._file.write(memoryview(block)[start : start + stop])
            self.lines, self._room, start = self.lines + done, self._room - done, start + stop
            if full:
                self.close()
        self.bytes += len(block)

    def _open(self):
        self._raw = open(self.name(self.count), "wb", buffering=0 if not self.gzipped else -1)
        self._file = gzip.GzipFile("", "wb", LEVEL, self._raw, mtime=0) if self.gzipped else _Whole(self._raw)
        self.count, self._room = self.count + 1, self.split

    def close(self) -> None:
        """Ends the file that is open."""
        if self._raw is None:
            return
        try:
            if self.gzipped:
                self._file.close()
        finally:
            self._raw.close()
            self._file = self._raw = None


class _Whole:
    """A file without a buffer that writes all that it is given."""

    def __init__(self, raw):
        self.raw = raw

    def write(self, view):
        while view:
            view = view[self.raw.write(view) :]


def part_names(folder: str | Path, suffix: str) -> Callable[[int], Path]:
    """number -> folder/part-00000.txt and so on."""
    return lambda number: Path(folder) / f"{PART.format(number)}{suffix}"
