"""Text without gold beside the training data: one batch of it for every micro-batch."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from baselines.data.batching import Batches, bucket, training_order
from baselines.data.encoded_dataset import EncodedDataset


class UnlabelledBatches(Batches):
    """Batches of rows without targets, all as long as the longest row needs, so that only labeled batches decide what compiles.

    Passes over the rows follow one another as long as training lasts. Besides features and weights, a batch has "progress" (B,),
    the share of training that is over, once for each row because devices share the rows, and "copies" where `copies` makes some.

    Args:
        rows, batch_size, max_length, pad_id, parts, multiple: As for Batches.
        micro_batches: Of the whole training.
        copies: An object of text_copies.py, or None.
    """

    def __init__(
        self, rows: EncodedDataset, batch_size: int, max_length: int, pad_id: int = 0, parts: int = 1, multiple: int = 0,
        micro_batches: int = 1, copies: Any = None,
    ):  # fmt: skip
        super().__init__(rows, batch_size, max_length, None, pad_id, parts, multiple)
        self.lengths = [bucket(int(rows.lengths.max()), self.lengths)]
        self.micro_batches, self.copies = micro_batches, copies

    def at(self, seed: int, number: int) -> dict:
        """The batch for micro-batch `number` of training, counted from 0: the same for the same seed."""
        turn, place = divmod(number, len(self))
        numbers = training_order(self.rows.lengths, self.batch_size, seed, turn)[place]
        batch = self.collate(numbers)
        batch["progress"] = np.full(self.size, number / self.micro_batches, np.float32)
        if self.copies:
            rng = np.random.Generator(np.random.PCG64([seed, number]))
            batch["copies"] = self.copies.of(numbers, batch["features"], rng)
        return batch

    def joined(self, updates: Iterable[list[dict]], seed: int, number: int) -> Iterator[list[dict]]:
        """The updates, lists of micro-batches, each with its batch under "unlabelled"; the first is micro-batch `number`."""
        for batches in updates:
            yield [{**batch, "unlabelled": self.at(seed, number + place)} for place, batch in enumerate(batches)]
            number += len(batches)
