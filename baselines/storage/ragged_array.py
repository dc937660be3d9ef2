"""Rows of different lengths in one flat array, such as token ids of strings or UTF-8 of texts."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

_BLOCK = 1 << 22


@dataclasses.dataclass(frozen=True)
class RaggedArray:
    """R rows of different lengths. Row i is values[offsets[i] : offsets[i + 1]].

    Args:
        values: Array (N,) of any dtype; may be memory-mapped.
        offsets: Unsigned integers (R + 1,), from 0 to N.
    """

    values: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, lengths: Sequence[int] | np.ndarray) -> "RaggedArray":
        """Creates a RaggedArray of values (N,) and the length of each row."""
        return cls(values, offsets_of(lengths))

    @classmethod
    def of_texts(cls, texts: Iterable[str | bytes]) -> "RaggedArray":
        """Creates a RaggedArray of the UTF-8 of texts."""
        rows = [text.encode() if isinstance(text, str) else text for text in texts]
        return cls.of(np.frombuffer(b"".join(rows), np.uint8), np.fromiter(map(len, rows), np.int64, len(rows)))

    def __len__(self):
        return len(self.offsets) - 1

    def __getitem__(self, row):
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.offsets.astype(np.int64))

    def text(self, row: int) -> str:
        return self[row].tobytes().decode()

    def take(self, rows: np.ndarray) -> "RaggedArray":
        """Selects rows by their numbers, in that order."""
        lengths = self.lengths[rows]
        return RaggedArray.of(np.concatenate([self.values[:0], *gather(self.values, self.offsets[rows], lengths)]), lengths)


def offsets_of(lengths: Sequence[int] | np.ndarray) -> np.ndarray:
    """Running sum that starts at 0, as uint32, or uint64 if uint32 is too small."""
    total = int(np.sum(lengths, dtype=np.int64))
    offsets = np.zeros(len(lengths) + 1, smallest_unsigned(total, least=np.uint32))
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def smallest_unsigned(largest: int, least: type = np.uint16) -> type:
    """The narrowest unsigned type that holds a number.

    Args:
        largest: Largest number to hold.
        least: Narrowest type to return: np.uint16, np.uint32 or np.uint64.
    """
    types = [np.uint16, np.uint32, np.uint64]
    return next(kind for kind in types[types.index(least) :] if largest <= np.iinfo(kind).max)


def ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Concatenates ranges: start, start + 1, … start + length - 1 of each row.

    Args:
        starts: Integers (R,).
        lengths: Integers (R,).

    Returns:
        int64 (sum of lengths,).
    """
    ends = np.cumsum(lengths)
    return np.repeat(starts - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)


def gather(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> Iterator[np.ndarray]:
    """Concatenates slices of an array in blocks of a few MB.

    Args:
        values: Array (N,).
        starts: Integers (R,).
        lengths: Integers (R,).

    Yields:
        Blocks whose concatenation is values[start : start + length] for each row.
    """
    ends = np.cumsum(lengths, dtype=np.int64)
    first = 0
    while first < len(lengths):
        done = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, done + _BLOCK, side="right")), first + 1)
        length = lengths[first:last]
        shift = starts[first:last].astype(np.int64) - (ends[first:last] - length - done)
        yield values[np.repeat(shift, length) + np.arange(ends[last - 1] - done)]
        first = last
