"""The first pass: as many lines as memory holds, in a random order, to a temporary file; then the next ones.

All shards stand in one file, one after the other, so that their number is no matter of open files. A line that is longer than
a buffer is a shard of its own, and is copied by blocks.
"""

import dataclasses
from collections.abc import Callable
from typing import BinaryIO

import numpy as np

from baselines.corpus.shuffling.inputs import LineReader
from baselines.corpus.shuffling.spans import NEWLINE, gather, lengths_of, line_ends, most_lines, without_empty
from baselines.corpus.shuffling.write_behind import WriteBehind


@dataclasses.dataclass(frozen=True)
class Shard:
    """Lines of the temporary file: `count` of them from byte `start` up to byte `end`."""

    start: int
    end: int
    count: int


CACHED = 8 << 20
"""Bytes of a shard that are permuted faster than those of a larger one: they stay in the processor's caches."""
WINDOW = 1 << 18
"""Bytes of a shard that the second pass should read at a time."""


def shard_size(memory: int, total: int) -> int:
    """Bytes of a shard: few enough for the caches, many enough for few shards of `total` bytes, and at most what memory holds."""
    return min(memory // 4, max(CACHED, 4 * WINDOW * total // memory))


def write_shards(
    lines: LineReader, file: BinaryIO, size: int, random: np.random.Generator, drop_empty: bool = False,
    progress: Callable[[int], None] = lambda read: None,
) -> list[Shard]:  # fmt: skip
    """Reads all `lines` into shards of a file.

    Args:
        lines: the inputs.
        file: open for writing.
        size: bytes of a shard, at most; the buffers take four times that.
        random: of the order within a shard.
        drop_empty: leave out lines of no byte but their end.
        progress: called with the bytes of the inputs that were read.
    """
    buffer, held, end = np.empty(size, np.uint8), 0, False
    shards = []
    with WriteBehind(file.write, size) as behind:
        while not end:
            count = lines.readinto(buffer[held:])
            held, end = held + count, held + count < size
            progress(lines.read)
            used = 0
            while len(ends := line_ends(buffer[used:held], most_lines(size))):
                block, used = buffer[used:held], used + int(ends[-1])
                starts, lengths = without_empty(block, ends) if drop_empty else (ends - lengths_of(ends), lengths_of(ends))
                if len(lengths):
                    order = random.permutation(len(lengths))
                    count = gather(block, starts[order], lengths[order], behind.buffer)
                    behind.write(memoryview(behind.buffer)[:count])
                    start = shards[-1].end if shards else 0
                    shards.append(Shard(start, start + count, len(lengths)))
            if not used and held == size:
                behind.wait()
                held = _copy_long_line(lines, buffer, held, file, shards)
            else:
                rest = buffer[used:held].copy()
                buffer[: len(rest)], held = rest, len(rest)
    return shards


def _copy_long_line(lines, buffer, held, file, shards):
    """A line that fills the buffer, to its end. Returns how many bytes behind it are in the buffer, at its begin."""
    start = end = shards[-1].end if shards else 0
    while True:
        found = np.flatnonzero(buffer[:held] == NEWLINE)
        used = int(found[0]) + 1 if len(found) else held
        file.write(memoryview(buffer)[:used])
        end += used
        if len(found):
            break
        held = lines.readinto(buffer)
    shards.append(Shard(start, end, 1))
    rest = buffer[used:held].copy()
    buffer[: len(rest)] = rest
    return len(rest)
