"""Rows of different lengths in one flat array: token ids of strings, UTF-8 of texts."""

import dataclasses

import numpy as np

_BLOCK = 1 << 22


@dataclasses.dataclass(frozen=True)
class RaggedArray:
    """Row i is values[offsets[i] : offsets[i + 1]].

    values    any dtype (N,), may be memory-mapped
    offsets   unsigned (R + 1,), from 0 to N
    """

    values: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, values, lengths):
        return cls(values, offsets_of(lengths))

    @classmethod
    def of_texts(cls, texts):
        """UTF-8 of `texts`, each str or bytes."""
        rows = [text.encode() if isinstance(text, str) else text for text in texts]
        return cls.of(np.frombuffer(b"".join(rows), np.uint8), np.fromiter(map(len, rows), np.int64, len(rows)))

    def __len__(self):
        return len(self.offsets) - 1

    def __getitem__(self, row):
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self):
        return np.diff(self.offsets.astype(np.int64))

    def text(self, row):
        return self[row].tobytes().decode()

    def take(self, rows):
        """A RaggedArray of these rows, in their order."""
        lengths = self.lengths[rows]
        return RaggedArray.of(np.concatenate([self.values[:0], *gather(self.values, self.offsets[rows], lengths)]), lengths)


def offsets_of(lengths):
    """Running sum that begins at 0, in the smallest unsigned type that holds it: uint32, or uint64."""
    total = int(np.sum(lengths, dtype=np.int64))
    offsets = np.zeros(len(lengths) + 1, smallest_unsigned(total, least=np.uint32))
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def smallest_unsigned(largest, least=np.uint16):
    """The narrowest of uint16, uint32 and uint64, from `least` on, that holds `largest`."""
    types = [np.uint16, np.uint32, np.uint64]
    return next(kind for kind in types[types.index(least) :] if largest <= np.iinfo(kind).max)


def ranges(starts, lengths):
    """int64: start, start + 1, … start + length - 1 of each row, one row behind the other."""
    ends = np.cumsum(lengths)
    return np.repeat(starts - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)


def gather(values, starts, lengths):
    """Yields blocks whose concatenation is values[start : start + length] for each row, a few MB at a time."""
    ends = np.cumsum(lengths, dtype=np.int64)
    first = 0
    while first < len(lengths):
        done = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, done + _BLOCK, side="right")), first + 1)
        length = lengths[first:last]
        shift = starts[first:last].astype(np.int64) - (ends[first:last] - length - done)
        yield values[np.repeat(shift, length) + np.arange(ends[last - 1] - done)]
        first = last
