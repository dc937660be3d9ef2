"""Batches of rows that are sampled in every epoch, such as two texts of a group; those of one example stay in one batch.

What is drawn depends on the seed, the epoch and the example alone: a resumed run draws what it would have drawn.
"""

from collections.abc import Callable, Iterator

import numpy as np

from baselines.data.batching import Batches, prefetched, training_order
from baselines.data.encoded_dataset import EncodedDataset
from baselines.errors import InputError


class SampledBatches:
    """Batches as those of data/batching.py, of drawn rows.

    Args:
        rows: the dataset as it is encoded once; examples without any row are left out.
        make: ([(features, target)] of an example, rng) -> `rows_per_example` rows, in the same form.
        rows_per_example: rows that an example gives.
        batch_size: rows; a multiple of `rows_per_example`, so that no example is cut.
        make_batches: dataset -> Batches of `batch_size` rows.

    Raises:
        InputError: where no example has rows.
    """

    def __init__(
        self, rows: EncodedDataset, make: Callable, rows_per_example: int, batch_size: int,
        make_batches: Callable[[EncodedDataset], Batches],
    ):  # fmt: skip
        if not len(rows):
            raise InputError("--train: the file has no example to draw rows from. Name one that has.")
        self.rows, self.make, self.make_batches = rows, make, make_batches
        self.examples_per_batch = batch_size // rows_per_example
        _, self.first, self.counts = np.unique(rows.example, return_index=True, return_counts=True)
        self.lengths = np.maximum.reduceat(rows.lengths, self.first)

    def __len__(self):
        return -(-len(self.first) // self.examples_per_batch)

    def updates_per_epoch(self, accumulate: int = 1) -> int:
        return -(-len(self) // accumulate)

    def updates(self, seed: int, epoch: int, accumulate: int = 1, skip: int = 0) -> Iterator[list[dict]]:
        """Yields the micro-batches of each update of an epoch, a list of up to `accumulate`, without the first `skip`."""
        groups = self._examples_of_updates(seed, epoch, accumulate)[skip:]
        return prefetched([self.collate(numbers, seed, epoch) for numbers in group] for group in groups)

    def rows_of_updates(self, seed: int, epoch: int, accumulate: int = 1) -> list[list[np.ndarray]]:
        """The number of the first encoded row of each example, for each micro-batch of each update of an epoch."""
        groups = self._examples_of_updates(seed, epoch, accumulate)
        return [[self.first[numbers] for numbers in group] for group in groups]

    def in_turn(self) -> Iterator[tuple[np.ndarray, dict]]:
        """Yields (numbers of rows, batch) of the examples in their order, drawn as in every other such pass."""
        numbers = np.arange(len(self.first))
        chunks = [numbers[start : start + self.examples_per_batch] for start in range(0, len(numbers), self.examples_per_batch)]
        return prefetched((self.first[chunk], self.collate(chunk, 0, 0)) for chunk in chunks)

    def collate(self, numbers: np.ndarray, seed: int, epoch: int) -> dict:
        """The batch of at most `examples_per_batch` examples, by their numbers."""
        drawn = [(number, *row) for number in numbers for row in self._draw(number, seed, epoch)]
        batches = self.make_batches(EncodedDataset.from_encoded(drawn))
        return batches.collate(np.arange(len(drawn)))

    def _draw(self, number, seed, epoch):
        start = self.first[number]
        encoded = [self._encoded(row) for row in range(start, start + self.counts[number])]
        return self.make(encoded, np.random.Generator(np.random.PCG64([seed, epoch, number])))

    def _encoded(self, row):
        features = {name: column[row] for name, column in self.rows.features.items()}
        return features, None if self.rows.targets is None else self.rows.target(row)

    def _examples_of_updates(self, seed, epoch, accumulate):
        order = training_order(self.lengths, self.examples_per_batch, seed, epoch)
        return [order[start : start + accumulate] for start in range(0, len(order), accumulate)]
