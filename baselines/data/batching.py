"""Rows to batches of few shapes: seeded shuffle, length buckets, padding with 0, a last batch padded with rows of weight 0."""

import math
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from baselines.data.encoded_dataset import EncodedDataset

DECODER_TOKENS = "decoder_token_ids"
BATCHES_PER_GROUP = 32
"""Batches whose rows are sorted by length together in training: little padding, and still a different mix every epoch."""


def bucket_lengths(max_length: int, multiple: int = 0) -> list[int]:
    """The lengths that batches are padded to: each at most half again as long as the one before, so that few shapes compile.

    multiple   all multiples of it instead, where new shapes cost little; 0: few lengths

    >>> bucket_lengths(128)
    [16, 32, 48, 64, 96, 128]
    >>> bucket_lengths(30, 8)
    [8, 16, 24, 30]
    """
    if multiple:
        return [*range(multiple, max_length, multiple), max_length]
    lengths = [16, 32, 48]
    while lengths[-1] < max_length:
        lengths.append(lengths[-2] * 2)
    return [length for length in lengths if length < max_length] + [max_length]


def bucket(length: int, lengths: Sequence[int]) -> int:
    """The smallest of `lengths` that holds `length`."""
    return lengths[int(np.searchsorted(lengths, length))]


def training_order(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Row numbers of each batch of an epoch: a list of int arrays. The same for the same (seed, epoch), on every machine."""
    rng = np.random.Generator(np.random.PCG64([seed, epoch]))
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), batch_size * BATCHES_PER_GROUP):
        group = order[start : start + batch_size * BATCHES_PER_GROUP]
        group = group[np.argsort(lengths[group], kind="stable")]
        batches += [group[i : i + batch_size] for i in range(0, len(group), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


class Batches:
    """Batches of the rows of one split: {"features": {name: int32 (B, …, L)}, "weights": float32 (B,), "targets" if any}.

    Args:
        rows: the dataset.
        batch_size: real rows; B, always: a last batch that is short repeats its first row with weight 0.
        max_length: L is the smallest of bucket_lengths(max_length, multiple) that holds the batch. Features whose names begin
            with "decoder_", and targets beside them, have a length of their own.
        batch_targets: (targets of B rows, L) -> arrays, from the head; None without targets.
        pad_id: token id of padding; other features are padded with 0.
        parts: equal parts that devices cut a batch into: B is the next multiple of it.
        multiple: of tokens that L is; 0: one of few lengths.
    """

    def __init__(
        self, rows: EncodedDataset, batch_size: int, max_length: int, batch_targets: Callable | None, pad_id: int = 0,
        parts: int = 1, multiple: int = 0,
    ):  # fmt: skip
        self.rows, self.batch_size, self.batch_targets, self.pad_id = rows, batch_size, batch_targets, pad_id
        self.size = math.ceil(batch_size / parts) * parts
        self.lengths = bucket_lengths(max_length, multiple)
        # Each length of a decoder compiles beside each length of its encoder: half as many are enough.
        self.decoder_lengths = self.lengths if multiple else self.lengths[::-2][::-1]

    def updates_per_epoch(self, accumulate: int = 1) -> int:
        return math.ceil(math.ceil(len(self.rows) / self.batch_size) / accumulate)

    def updates(self, seed: int, epoch: int, accumulate: int = 1, skip: int = 0) -> Iterator[list[dict]]:
        """Yields the micro-batches of each update of an epoch, a list of up to `accumulate`, without the first `skip`."""
        groups = self.rows_of_updates(seed, epoch, accumulate)
        return prefetched([self.collate(numbers) for numbers in group] for group in groups[skip:])

    def rows_of_updates(self, seed: int, epoch: int, accumulate: int = 1) -> list[list[np.ndarray]]:
        """The row numbers of each micro-batch of each update of an epoch."""
        order = training_order(self.rows.lengths, self.batch_size, seed, epoch)
        return [order[i : i + accumulate] for i in range(0, len(order), accumulate)]

    def padding(self, seed: int, epoch: int) -> float:
        """The share of the tokens of an epoch's batches that are padding, from 0 to 1."""
        column = self.rows.features["token_ids"]
        real = padded = 0
        for numbers in training_order(self.rows.lengths, self.batch_size, seed, epoch):
            shapes = column.shapes[numbers]
            real += int(shapes.prod(axis=1).sum())
            length = bucket(int(shapes[:, -1].max()), self.lengths)
            padded += self.size * length * int(shapes[:, :-1].max(axis=0).prod())
        return 1 - real / max(padded, 1)

    def in_turn(self) -> Iterator[tuple[np.ndarray, dict]]:
        """Yields (row numbers, batch), longest rows first, so that what does not fit in memory fails at once. Rows past the
        numbers are padding."""
        order = np.argsort(-self.rows.lengths, kind="stable")
        chunks = [order[i : i + self.batch_size] for i in range(0, len(order), self.batch_size)]
        return prefetched((numbers, self.collate(numbers)) for numbers in chunks)

    def __len__(self):
        return math.ceil(len(self.rows) / self.batch_size)

    def collate(self, numbers: np.ndarray) -> dict:
        """The batch of at most B row numbers."""
        rows = self.rows
        filled = np.concatenate([numbers, np.full(self.size - len(numbers), numbers[0])])
        length = target_length = bucket(int(rows.lengths[numbers].max()), self.lengths)
        if DECODER_TOKENS in rows.features:
            target_length = bucket(int(rows.features[DECODER_TOKENS].lengths[numbers].max()), self.decoder_lengths)
        features = {
            name: column.padded(
                filled,
                target_length if name.startswith("decoder_") else length,
                self.pad_id if name in ("token_ids", DECODER_TOKENS) else 0,
            )
            for name, column in rows.features.items()
        }
        batch = {"features": features, "weights": (np.arange(self.size) < len(numbers)).astype(np.float32)}
        if rows.targets is not None:
            batch["targets"] = self.batch_targets([rows.target(number) for number in filled], target_length)
        return batch


def prefetched(iterable: Iterable, size: int = 4) -> Iterator:
    """Yields from `iterable`, which runs ahead in a thread by up to `size` items. Its exceptions are raised here."""
    done, items, stop = object(), queue.Queue(maxsize=size), threading.Event()

    def put(item):
        while not stop.is_set():
            try:
                return items.put(item, timeout=0.1)
            except queue.Full:
                continue

    def run():
        try:
            for item in iterable:
                put((item, None))
                if stop.is_set():
                    return
            put((done, None))
        except BaseException as error:  # handed over to the consumer, whatever it is
            put((done, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while True:
            item, error = items.get()
            if error is not None:
                raise error
            if item is done:
                return
            yield item
    finally:
        stop.set()
        thread.join()
