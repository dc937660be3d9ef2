"""The second pass: the shards' lines, each shard's one after the other, in the order that shard labels say.

Every shard has a window of the same size in one buffer. Labels are followed up to the first one whose shard has no whole line
left in its window; then the windows that are half empty are filled again.
"""

import numpy as np

from baselines.errors import InputError
from baselines.shuffling.spans import NEWLINE, gather, line_ends, most_lines

SMALLEST_WINDOW = 1 << 14


def window_size(memory, shards):
    """Bytes of the window of each of so many shards. Raises InputError where the memory is too little for so many shards."""
    size = memory // 3 // max(1, shards)
    if size < SMALLEST_WINDOW:
        raise InputError(
            f"--memory: expected more for {shards} parts of text that fit it. Received: {memory / 1e6:,.0f} MB for buffers, which "
            f"leave {size:,} bytes for each part, less than {SMALLEST_WINDOW:,}. Twice the memory suits four times the text."
        )
    return size


class Windows:
    """The next lines of every shard of a temporary file, in a buffer of (shards, size) bytes."""

    def __init__(self, file, shards, size):
        self.file, self.shards, self.size = file, shards, size
        self.buffer = np.empty(max(1, len(shards)) * size, np.uint8)
        self.read = [shard.start for shard in shards]                   # how far the file was read, per shard
        self.begin = np.zeros(len(shards), np.int64)                    # bytes of the window that are used up
        self.held = np.zeros(len(shards), np.int64)                     # bytes of the window that are filled
        self.ends = [np.zeros(0, np.int64)] * len(shards)               # of whole lines not used yet, within the window
        for shard in range(len(shards)):
            self.fill(shard)

    def fill(self, shard):
        """Moves what is left of a window to its begin and reads on behind it."""
        view = self.buffer[shard * self.size : (shard + 1) * self.size]
        begin, held = int(self.begin[shard]), int(self.held[shard])
        if begin:
            rest = view[begin:held].copy()
            view[: len(rest)] = rest
            held = len(rest)
        wanted = min(self.size - held, self.shards[shard].end - self.read[shard])
        if wanted:
            self.file.seek(self.read[shard])
            read_whole(self.file, memoryview(view)[held : held + wanted])
            self.read[shard] += wanted
        self.begin[shard], self.held[shard] = 0, held + wanted
        self.look(shard)

    def look(self, shard):
        """Finds the next whole lines of a window."""
        begin = int(self.begin[shard])
        view = self.buffer[shard * self.size : (shard + 1) * self.size]
        self.ends[shard] = line_ends(view[begin : int(self.held[shard])], most_lines(self.size)) + begin

    def available(self):
        """int64 (shards,): whole lines in each window."""
        return np.array([len(ends) for ends in self.ends])

    def take(self, counts):
        """(starts, lengths) in the buffer of the next counts[i] lines of every shard i, shard by shard; they are used up."""
        starts, lengths = [], []
        for shard in np.flatnonzero(counts):
            ends, self.ends[shard] = np.split(self.ends[shard], [counts[shard]])
            begins = np.concatenate([self.begin[shard : shard + 1], ends[:-1]])
            starts.append(begins + shard * self.size)
            lengths.append(ends - begins)
            self.begin[shard] = ends[-1]
        return np.concatenate(starts), np.concatenate(lengths)

    def refill(self):
        """Fills the windows that are half empty, or have no whole line left."""
        half = self.size // 2
        for shard, (begin, ends) in enumerate(zip(self.begin.tolist(), self.ends, strict=True)):
            if begin < half and not len(ends):
                self.look(shard)
            if begin >= half or begin and not len(self.ends[shard]):
                self.fill(shard)

    def long_line(self, shard):
        """Yields the blocks of the next line of a shard, which is longer than its window."""
        view = self.buffer[shard * self.size : (shard + 1) * self.size]
        begin = int(self.begin[shard])
        while True:
            held = int(self.held[shard])
            found = np.flatnonzero(view[begin:held] == NEWLINE)
            end = begin + int(found[0]) + 1 if len(found) else held
            yield view[begin:end]
            self.begin[shard] = end
            self.fill(shard)
            if len(found):
                return
            begin = 0


def read_whole(file, view):
    while view:
        count = file.readinto(view)
        if not count:
            raise OSError("the temporary file ended early")
        view = view[count:]


def merge(windows, order, write):
    """Follows `order`, an iterable of arrays of labels. write(block, ends) gets uint8 arrays of whole lines and where each ends.

    A line that is longer than its window comes in blocks of its own; `ends` is empty but for the last of them.
    """
    out = np.empty(len(windows.buffer), np.uint8)
    for labels in order:
        if len(windows.shards) <= 1 << 16:
            labels = labels.astype(np.uint16)                           # sorted by radix
        while len(labels):
            available = windows.available()
            by_shard = np.argsort(labels, kind="stable")
            counts = np.bincount(labels, minlength=len(available))
            first = np.cumsum(counts) - counts
            lacking = np.flatnonzero(counts > available)
            stop = int(by_shard[first[lacking] + available[lacking]].min()) if len(lacking) else len(labels)
            if stop:
                by_shard = by_shard[by_shard < stop]
                starts, lengths = windows.take(np.bincount(labels[:stop], minlength=len(available)))
                place = np.empty(stop, np.int64)
                place[by_shard] = np.arange(stop)                       # of each output line, its number in starts
                count = gather(windows.buffer, starts[place], lengths[place], out)
                write(out[:count], np.cumsum(lengths[place]))
            windows.refill()
            labels = labels[stop:]
            if len(labels) and not len(windows.ends[labels[0]]):
                _write_long(windows, int(labels[0]), write)
                labels = labels[1:]


def _write_long(windows, shard, write):
    for block in windows.long_line(shard):
        write(block, np.flatnonzero(block[-1:] == NEWLINE) + len(block))
