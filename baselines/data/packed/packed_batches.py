"""Batches of packed rows without end: each pass over them in another order, with another corruption, the same for the same seed."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from baselines.data.batching import prefetched
from baselines.data.packed.packed_dataset import PackedDataset


class PackedBatches:
    """Batches {"features", "targets", "weights"} of packed rows for an objective, all of one shape.

    Args:
        records: the packed rows.
        batch_size: rows; B is the next multiple of `parts`.
        length: L.
        make: (token_ids int32 (B, L), starts bool (B, L), rng) -> (features, targets), the objective.
        pad_id: token id of padding.
        updates_per_epoch: updates to an epoch; 0: a pass over all rows.
        parts: equal parts that devices cut a batch into.

    Attributes:
        watch: updates -> the same updates; a function set here sees them pass.
    """

    def __init__(
        self, records: PackedDataset, batch_size: int, length: int, make: Callable, pad_id: int, updates_per_epoch: int = 0,
        parts: int = 1,
    ):  # fmt: skip
        self.records, self.batch_size, self.length, self.make, self.pad_id = records, batch_size, length, make, pad_id
        self.size = math.ceil(batch_size / parts) * parts
        self._updates_per_epoch = updates_per_epoch
        self._order, self.watch = (None, None), iter

    def __len__(self):
        """Batches of a pass; the rows that are too few for another one are left to the next pass."""
        return max(1, len(self.records) // self.batch_size)

    def updates_per_epoch(self, accumulate: int = 1) -> int:
        return self._updates_per_epoch or max(1, len(self) // accumulate)

    def updates(self, seed: int, epoch: int, accumulate: int = 1, skip: int = 0) -> Iterator[list[dict]]:
        """Yields the micro-batches of each update of an epoch, a list of `accumulate`, without the first `skip`."""
        groups = self._numbers(epoch, accumulate)[skip:]
        return self.watch(prefetched([self._batch(seed, number) for number in group] for group in groups))

    def rows_of_updates(self, seed: int, epoch: int, accumulate: int = 1) -> list[list[np.ndarray]]:
        """The row numbers of each micro-batch of each update of an epoch."""
        return [[self._rows(seed, number) for number in group] for group in self._numbers(epoch, accumulate)]

    def in_turn(self) -> Iterator[tuple[np.ndarray, dict]]:
        """Yields (row numbers, batch) of a pass in the order of the rows, corrupted as in every other such pass."""
        numbers = np.arange(len(self.records))
        chunks = [numbers[start : start + self.batch_size] for start in range(0, len(numbers), self.batch_size)]
        return prefetched((rows, self._make_batch(rows, [0, place])) for place, rows in enumerate(chunks))

    def _numbers(self, epoch, accumulate):
        """Numbers of the micro-batches of an epoch since the beginning of the training, grouped by update."""
        updates = self.updates_per_epoch(accumulate)
        first = epoch * updates * accumulate
        return [range(start, start + accumulate) for start in range(first, first + updates * accumulate, accumulate)]

    def _rows(self, seed, number):
        turn, place = divmod(number, len(self))
        if self._order[0] != (seed, turn):
            self._order = (seed, turn), np.random.Generator(np.random.PCG64([seed, turn])).permutation(len(self.records))
        return self._order[1][place * self.batch_size : (place + 1) * self.batch_size]

    def _batch(self, seed, number):
        return self._make_batch(self._rows(seed, number), [seed, number, 1])

    def _make_batch(self, rows, seed):
        filled = np.concatenate([rows, np.full(self.size - len(rows), rows[0])])
        token_ids, starts = self.records.padded(filled, self.length, self.pad_id)
        features, targets = self.make(token_ids, starts, np.random.Generator(np.random.PCG64(seed)))
        return {"features": features, "targets": targets, "weights": (np.arange(self.size) < len(rows)).astype(np.float32)}
