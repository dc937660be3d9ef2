"""Text without gold beside the training data: one batch of it for every micro-batch."""

from collections.abc import Iterable, Iterator

from baselines.data.batching import Batches, bucket, training_order
from baselines.data.encoded_dataset import EncodedDataset


class UnlabelledBatches(Batches):
    """Batches of rows without targets, all as long as the longest row needs, so that only labeled batches decide what compiles.

    Passes over the rows follow one another as long as training lasts.
    """

    def __init__(self, rows: EncodedDataset, batch_size: int, max_length: int, pad_id: int = 0, parts: int = 1, multiple: int = 0):
        super().__init__(rows, batch_size, max_length, None, pad_id, parts, multiple)
        self.lengths = [bucket(int(rows.lengths.max()), self.lengths)]

    def at(self, seed: int, number: int) -> dict:
        """The batch for micro-batch `number` of training, counted from 0: the same for the same seed."""
        turn, place = divmod(number, len(self))
        return self.collate(training_order(self.rows.lengths, self.batch_size, seed, turn)[place])

    def joined(self, updates: Iterable[list[dict]], seed: int, number: int) -> Iterator[list[dict]]:
        """The updates, lists of micro-batches, each with its batch under "unlabelled"; the first is micro-batch `number`."""
        for batches in updates:
            yield [{**batch, "unlabelled": self.at(seed, number + place)} for place, batch in enumerate(batches)]
            number += len(batches)
