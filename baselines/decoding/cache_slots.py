"""Who sees what of a row's memory: prefixes of one prompt share its slots, and none is ever moved.

A row has a prompt and K prefixes that continue it. The prompt's keys lie in its first slots, those of written tokens behind them, K
at a time. A prefix sees the prompt and the tokens it was made of, also those that another one wrote before both went on from it:
what a beam search would copy for each prefix that survives is only a line of `visible` here.
"""

from collections.abc import Sequence

import numpy as np


class Slots:
    """Bookkeeping of R rows of S slots for K prefixes each."""

    def __init__(self, num_rows: int, width: int, capacity: int):
        self.width, self.capacity = width, capacity
        self.used = np.zeros(num_rows, np.int64)                        # slots taken; 0 where a row holds nothing
        self.length = np.zeros(num_rows, np.int64)                      # tokens of each prefix of a row
        self.visible = np.zeros((num_rows, width, capacity), bool)
        self.positions = np.zeros((num_rows, capacity), np.int32)       # of what lies in each slot

    def allocate(self, rows: Sequence[int], lengths: Sequence[int]) -> None:
        """Prompts of these many tokens into these rows. Raises ValueError for one that leaves no slot."""
        for row, length in zip(rows, lengths, strict=True):
            if not 1 <= length < self.capacity:
                raise ValueError(f"expected a prompt of 1 to {self.capacity - 1} tokens. Received: {length}")
            self.used[row] = self.length[row] = length
            self.visible[row] = np.arange(self.capacity) < length
            self.positions[row, :length] = np.arange(length)

    def free(self, rows: Sequence[int]) -> None:
        self.used[rows] = self.length[rows] = 0
        self.visible[rows] = False

    def append(self, count: int, parents: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(positions, slots) int32 (count, K) for one more token of each prefix of the first `count` rows.

        parents   int (count, K): the prefix that each continues; None: its own

        Raises ValueError for a row that is full. Rows that hold nothing write into slot 0 of their own.
        """
        rows, prefixes = np.arange(count)[:, None], np.arange(self.width)
        holds = self.used[:count] > 0
        if (self.used[:count] + self.width > self.capacity)[holds].any():
            raise ValueError(f"expected rows of at most {self.capacity} slots, prompt and written tokens of {self.width} prefixes.")
        if parents is not None:
            self.visible[:count] = self.visible[rows, parents]
        slots = np.where(holds[:, None], self.used[:count, None] + prefixes, 0)
        positions = np.repeat(self.length[:count, None], self.width, axis=1)
        self.visible[rows, prefixes, slots] = True
        self.positions[rows, slots] = positions
        self.used[:count] += self.width * holds
        self.length[:count] += holds
        return positions.astype(np.int32), slots.astype(np.int32)


def buckets(limit: int, first: int, factor: int = 2) -> list[int]:
    """Sizes to round up to, so that few shapes compile: each `factor` times the one before, and the limit.

    >>> buckets(100, 16)
    [16, 32, 64, 100]
    """
    sizes = [min(first, limit)]
    while sizes[-1] < limit:
        sizes.append(min(factor * sizes[-1], limit))
    return sizes


def round_up(size: int, sizes: Sequence[int]) -> int:
    """The smallest of `sizes` that is not below `size`."""
    return next(each for each in sizes if each >= size)
