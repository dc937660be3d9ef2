"""The second pass: the shards' lines, each shard's one after the other, in the order that shard labels say.

Every shard has a window of the same size in one buffer. Labels are followed up to the first one whose shard has no whole line
left in its window; then the windows that are half empty are filled again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO

import numpy as np

from baselines.corpus.shuffling.shards import Shard
from baselines.corpus.shuffling.spans import NEWLINE, gather, line_ends, most_lines
from baselines.corpus.shuffling.write_behind import WriteBehind
from baselines.errors import InputError

MIN_WINDOW = 1 << 14


def window_size(memory: int, shards: int) -> int:
    """Bytes of the window of each of `shards` shards. Raises InputError where `memory` is too little for them."""
    size = memory // 4 // max(1, shards)
    if size < MIN_WINDOW:
        raise InputError(
            f"--memory leaves {memory / 1e6:,.0f} MB for buffers, {size:,} bytes for each of {shards} parts of text; each needs "
            f"{MIN_WINDOW:,}. Choose more: twice the memory suits four times the text."
        )
    return size


class Windows:
    """The next lines of every shard of a temporary file, in a buffer of (shards, size) bytes."""

    def __init__(self, file: BinaryIO, shards: Sequence[Shard], size: int):
        self.file, self.shards, self.size = file, shards, size
        self.buffer = np.empty(max(1, len(shards)) * size, np.uint8)
        self.read = [shard.start for shard in shards]                   # how far the file was read, per shard
        self.begin = np.arange(len(shards)) * size                      # places in the buffer: what is not used up begins,
        self.held = self.begin.copy()                                   # what is filled ends,
        self.ends = [np.zeros(0, np.int64)] * len(shards)               # and whole lines that are not used end
        for shard in range(len(shards)):
            self.fill(shard)

    def fill(self, shard: int) -> None:
        """Moves what is left of a window to its begin and reads on behind it."""
        first, begin, held = shard * self.size, int(self.begin[shard]), int(self.held[shard])
        if begin > first:
            rest = self.buffer[begin:held].copy()
            held = first + len(rest)
            self.buffer[first:held] = rest
        wanted = min(first + self.size - held, self.shards[shard].end - self.read[shard])
        if wanted:
            self.file.seek(self.read[shard])
            read_whole(self.file, memoryview(self.buffer)[held : held + wanted])
            self.read[shard] += wanted
        self.begin[shard], self.held[shard] = first, held + wanted
        self.look(shard)

    def look(self, shard: int) -> None:
        """Finds the next whole lines of a window."""
        begin = int(self.begin[shard])
        self.ends[shard] = line_ends(self.buffer[begin : int(self.held[shard])], most_lines(self.size)) + begin

    def available(self) -> np.ndarray:
        """int64 (shards,): whole lines in each window."""
        return np.array([len(ends) for ends in self.ends])

    def take(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(starts, lengths) in the buffer of the next counts[i] lines of every shard i, shard by shard; they are used up."""
        shards = np.flatnonzero(counts)
        taken = []
        for shard, count in zip(shards.tolist(), counts[shards].tolist(), strict=True):
            taken.append(self.ends[shard][:count])
            self.ends[shard] = self.ends[shard][count:]
        ends, last = np.concatenate(taken), np.cumsum(counts[shards])
        starts = np.empty(len(ends), np.int64)
        starts[1:] = ends[:-1]
        starts[last - counts[shards]] = self.begin[shards]
        self.begin[shards] = ends[last - 1]
        return starts, ends - starts

    def refill(self) -> None:
        """Fills the windows that are half empty, or have no whole line left."""
        for shard, ends in enumerate(self.ends):
            used = int(self.begin[shard]) - shard * self.size
            if 2 * used < self.size and not len(ends):
                self.look(shard)
            if 2 * used >= self.size or used and not len(self.ends[shard]):
                self.fill(shard)

    def long_line(self, shard: int) -> Iterator[np.ndarray]:
        """Yields the blocks of the next line of a shard, which is longer than its window."""
        while True:
            begin, held = int(self.begin[shard]), int(self.held[shard])
            found = np.flatnonzero(self.buffer[begin:held] == NEWLINE)
            end = begin + int(found[0]) + 1 if len(found) else held
            yield self.buffer[begin:end]
            self.begin[shard] = end
            self.fill(shard)
            if len(found):
                return


def read_whole(file: BinaryIO, view: np.ndarray) -> None:
    while view:
        count = file.readinto(view)
        if not count:
            raise OSError("the temporary file ended early")
        view = view[count:]


def merge(windows: Windows, order: Iterable[np.ndarray], write: Callable) -> None:
    """Follows `order`, an iterable of arrays of labels. write(block, ends) gets uint8 arrays of whole lines and where each ends.

    A line that is longer than its window comes in blocks of its own; `ends` is empty but for the last of them.
    """
    with WriteBehind(write, len(windows.buffer)) as behind:
        for labels in order:
            if len(windows.shards) <= 1 << 16:
                labels = labels.astype(np.uint16)                       # sorted by radix
            while len(labels):
                labels = labels[_follow(windows, labels, behind) :]
                windows.refill()
                if len(labels) and not len(windows.ends[labels[0]]):
                    behind.wait()
                    _write_long(windows, int(labels[0]), write)
                    labels = labels[1:]


def _follow(windows, labels, behind):
    """Writes lines for labels up to the first one whose window has no whole line left. Returns how many."""
    available = windows.available()
    by_shard = np.argsort(labels, kind="stable")
    counts = np.bincount(labels, minlength=len(available))
    first = np.cumsum(counts) - counts
    lacking = np.flatnonzero(counts > available)
    stop = int(by_shard[first[lacking] + available[lacking]].min()) if len(lacking) else len(labels)
    if stop:
        starts, lengths = windows.take(np.bincount(labels[:stop], minlength=len(available)))
        place = np.empty(stop, np.int64)
        place[by_shard[by_shard < stop]] = np.arange(stop)              # of each output line, its number in starts
        lengths = lengths[place]
        count = gather(windows.buffer, starts[place], lengths, behind.buffer)
        behind.write(behind.buffer[:count], np.cumsum(lengths))
    return stop


def _write_long(windows, shard, write):
    for block in windows.long_line(shard):
        write(block, np.flatnonzero(block[-1:] == NEWLINE) + len(block))
