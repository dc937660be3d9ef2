"""From which shard each line of the output comes: uniform, every one of the N! orders with probability 1/N!, or fast.

Su, 2021, kexue.fm/archives/8662. A shard's lines are in a random order already, and are taken one after the other. Both
rules yield arrays of shard numbers, int64, a part of the output at a time.
"""

from collections.abc import Iterator, Sequence

import numpy as np

CHUNK_SIZE = 1 << 16
"""Lines whose shards are drawn together."""


def uniform(counts: Sequence[int], random: np.random.Generator, chunk: int = CHUNK_SIZE) -> Iterator[np.ndarray]:
    """At each place shard i with probability (lines left in i) / (lines left): a random order of the multiset of labels.

    Args:
        counts: lines of each shard.
        random: only `integers` and `permutation` are called, both exact.
        chunk: lines drawn together.
    """
    left = np.array(counts, np.int64)
    while total := int(left.sum()):
        if total <= 2 * chunk:
            labels = np.repeat(np.arange(len(left)), left)
            yield labels[random.permutation(total)]
            return
        labels = np.searchsorted(np.cumsum(left), different(total, chunk, random), side="right")
        left -= np.bincount(labels, minlength=len(left))
        yield labels


def different(total: int, size: int, random: np.random.Generator) -> np.ndarray:
    """`size` different numbers below `total`, in a random order: of independent draws, those that are new."""
    if total <= 2 * size:
        return random.permutation(total)[:size]
    drawn, bits = np.zeros(0, np.int64), size.bit_length()
    while len(drawn) < size:
        drawn = np.concatenate([drawn, random.integers(0, total, size - len(drawn))])
        tagged = np.sort(drawn << bits | np.arange(len(drawn)))         # with its place in the low bits: faster than argsort
        same = tagged[1:] >> bits == tagged[:-1] >> bits
        drawn = np.delete(drawn, tagged[1:][same] & (1 << bits) - 1)
    return drawn


def fast(counts: Sequence[int], random: np.random.Generator, chunk: int = CHUNK_SIZE) -> Iterator[np.ndarray]:
    """Rows of at most one line of every shard, each row in a random order; as many rows as the longest shard has lines.

    A shard with fewer lines is left out of some rows: which, is as random as can be, and not the last ones. Two lines of
    a shard are never neighbours in the same row, so not every order can come out.
    """
    left = np.array(counts, np.int64)
    rows = int(left.max(initial=0))
    while rows:
        size = min(rows, max(1, chunk // len(left)))
        taken = np.ones((size, len(left)), bool)
        for shard in np.flatnonzero(left < rows):
            taken[:, shard] = different(rows, size, random) < left[shard]
        left -= taken.sum(axis=0)
        rows -= size
        row, shard = np.nonzero(taken)
        shuffled = random.permutation(len(row))                         # and then back into rows: each in a random order
        yield shard[shuffled][np.argsort(row[shuffled], kind="stable")]


ORDERS = {"uniform": uniform, "fast": fast}
