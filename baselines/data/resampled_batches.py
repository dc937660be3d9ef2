"""Batches whose texts are cut at random, in every epoch in another way: subword regularization. Kudo, 2018, arXiv:1804.10959.

A batch has the rows that it would have without: the same examples in the same order, encoded again by a tokenizer that draws. What
is drawn depends on the seed, the epoch and the batch alone: a resumed run draws what it would have drawn.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from baselines.data.batching import Batches, prefetched
from baselines.data.encoded_dataset import EncodedDataset
from baselines.errors import InputError
from baselines.task import Example


class ResampledBatches:
    """Batches as those of data/batching.py, of rows that are encoded when they are needed.

    An example of several windows keeps their number: a draw that gives more loses its last ones, one that gives fewer repeats them.
    A draw that the task refuses, such as a question that no longer fits the row, is replaced by the row of the likeliest cut.

    Args:
        examples: Those of the split.
        encode: The task's stage, example -> yields (features, target), bound to a tokenizer that draws.
        reseed: Begins a draw: (rng, texts of the batch).
        batches: Batches of the split as it is encoded once.
        make_batches: dataset -> Batches of the same settings.
    """

    def __init__(
        self, examples: Sequence[Example], encode: Callable, reseed: Callable, batches: Batches,
        make_batches: Callable[[EncodedDataset], Batches],
    ):  # fmt: skip
        self.examples, self.encode, self.reseed, self.base, self.make_batches = examples, encode, reseed, batches, make_batches
        owners = batches.rows.example
        _, first, inverse = np.unique(owners, return_index=True, return_inverse=True)
        self.window = np.arange(len(owners)) - first[inverse]           # of each row: which of its example's windows it is
        self.updates_per_epoch, self.rows_of_updates, self.in_turn = (
            batches.updates_per_epoch, batches.rows_of_updates, batches.in_turn
        )  # fmt: skip

    def __len__(self):
        return len(self.base)

    def updates(self, seed: int, epoch: int, accumulate: int = 1, skip: int = 0) -> Iterator[list[dict]]:
        """Yields the micro-batches of each update of an epoch, a list of up to `accumulate`, without the first `skip`."""
        groups = self.rows_of_updates(seed, epoch, accumulate)
        return prefetched([self.collate(numbers, seed, epoch) for numbers in group] for group in groups[skip:])

    def collate(self, numbers: np.ndarray, seed: int, epoch: int) -> dict:
        """The batch of some rows, by their numbers."""
        owners = self.base.rows.example[numbers]
        texts = [text for owner in dict.fromkeys(owners.tolist()) for text in self.examples[owner].texts]
        self.reseed(np.random.Generator(np.random.PCG64([seed, epoch, int(numbers[0])])), texts)
        drawn = {owner: self._drawn(owner) for owner in dict.fromkeys(owners.tolist())}
        rows = []
        for number, owner in zip(numbers.tolist(), owners.tolist(), strict=True):
            encoded = drawn[owner]
            rows.append((owner, *(encoded[self.window[number] % len(encoded)] if encoded else self._likeliest(number))))
        return self.make_batches(EncodedDataset.from_encoded(rows)).collate(np.arange(len(rows)))

    def _drawn(self, owner):
        try:
            return list(self.encode(self.examples[owner]))
        except InputError:
            return []

    def _likeliest(self, number):
        rows = self.base.rows
        return {name: column[number] for name, column in rows.features.items()}, rows.target(number) if rows.targets else None
