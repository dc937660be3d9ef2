"""Changed copies of unlabelled rows: paraphrases from a file, or the rows with some tokens replaced."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from baselines.data.batching import Batches
from baselines.data.encoded_dataset import EncodedDataset
from baselines.errors import InputError, excerpt
from baselines.task import Example


class ReplacedTokens:
    """Copies in which tokens are replaced by tokens of other rows, as often as these occur; special tokens stay.

    Args:
        rows: The unlabelled rows.
        share: Of the tokens that are replaced, from 0 to 1.
        special_ids: Tokens that are never replaced and replace none.
    """

    def __init__(self, rows: EncodedDataset, share: float, special_ids: Sequence[int]):
        values, self.special_ids = rows.features["token_ids"].rows.values, sorted(special_ids)
        self.share, self.tokens = share, values[~np.isin(values, self.special_ids)]

    def of(self, numbers: np.ndarray, features: dict, rng: np.random.Generator) -> dict:
        """The features of the copies of some rows, from theirs as they are batched."""
        token_ids = features["token_ids"]
        if not len(self.tokens):
            return features
        chosen = (rng.random(token_ids.shape) < self.share) & ~np.isin(token_ids, self.special_ids)
        return features | {"token_ids": np.where(chosen, rng.choice(self.tokens, token_ids.shape), token_ids).astype(np.int32)}


class GivenCopies:
    """One of the copies that a file has of each row, drawn again for every batch.

    Args:
        batches: Of the copies, encoded, those of a row one after the other.
        counts: Copies of each row, at least 1.
    """

    def __init__(self, batches: Batches, counts: Sequence[int]):
        self.batches, self.counts = batches, np.asarray(counts)
        self.first = np.cumsum(self.counts) - self.counts

    def of(self, numbers: np.ndarray, features: dict, rng: np.random.Generator) -> dict:
        """The features of a copy of each row."""
        chosen = self.first[numbers] + (rng.random(len(numbers)) * self.counts[numbers]).astype(np.int64)
        return self.batches.collate(chosen)["features"]


def copies_of(originals: Sequence[Example], augmented: Sequence[Example], path: Any) -> list[Example]:
    """The copies of each original in a file of `run.py augment`, where they follow it; the original itself where it has none.

    Args:
        originals: The unlabelled examples.
        augmented: Those of the file: originals in the same order, each followed by its copies.
        path: Of the file, for messages.

    Returns:
        The copies in the order of their originals, with extra["copy_of"], the original's number.

    Raises:
        InputError: The file has not these originals in this order.
    """
    groups = []
    for example in augmented:
        if len(groups) < len(originals) and example.texts == originals[len(groups)].texts:
            groups.append([])
        elif groups:
            groups[-1].append(example)
        else:
            break
    if len(groups) < len(originals):
        text = excerpt(originals[len(groups)].texts[0], 40)
        raise InputError(
            f"--augmented {path}: {text!r}, row {len(groups) + 1} of --unlabelled, is not in it, or not in this order. "
            "Write the file with: run.py augment UNLABELLED --run DIR --out FILE."
        )
    owned = [(number, copy) for number, group in enumerate(groups) for copy in group or [originals[number]]]
    return [dataclasses.replace(copy, extra={**copy.extra, "copy_of": number}) for number, copy in owned]
