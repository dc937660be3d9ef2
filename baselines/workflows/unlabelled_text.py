"""Text without gold for a run: what its files hold, and the batches of it that go beside those of training."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from baselines.data.text_copies import GivenCopies, ReplacedTokens, copies_of
from baselines.data.unlabelled_batches import UnlabelledBatches
from baselines.errors import InputError
from baselines.runtime.progress import Display
from baselines.task import Split
from baselines.training import devices


def unlabelled_splits(splits: Mapping[str, Split], display: Display) -> dict[str, Split]:
    """The splits "unlabelled" and, where there is one, "augmented" of a run, without gold, not encoded yet."""
    unlabelled = splits["unlabelled"]
    labelled = sum(example.gold is not None for example in unlabelled.examples)
    if labelled:
        display.note(f"unlabelled: the labels of {labelled} of its examples are not read")
    result = {"unlabelled": unlabelled.without_gold()}
    if "augmented" in splits:
        given = splits["augmented"].without_gold()
        copies = copies_of(result["unlabelled"].examples, given.examples, given.path)
        result["augmented"] = dataclasses.replace(given, examples=copies)
    return result


def unlabelled_batches(task_model: Any, splits: Mapping[str, Split], strategies: Sequence, micro_batches: int) -> UnlabelledBatches:
    """The batches of unlabelled text of a run.

    Args:
        task_model: The TaskModel.
        splits: Of the run, encoded.
        strategies: Of the run: one of them may need copies.
        micro_batches: Of the whole training.
    """
    recipe, vocabulary, rows = task_model.recipe, task_model.tokenizer.vocabulary, splits["unlabelled"].encoded
    size = recipe.batch_size * recipe.unlabelled_ratio
    shape = (size, recipe.max_length, vocabulary.pad_id, devices.shares(), int(recipe.pad_to_multiple_of))
    copies = None
    for strategy in strategies:
        if "copies" not in strategy.needs:
            continue
        if "augmented" in splits:
            copies = given_copies(splits["augmented"], rows, shape)
        else:
            copies = ReplacedTokens(rows, strategy.replaced, {*vocabulary.special_ids, *vocabulary.frame_ids})
    return UnlabelledBatches(rows, *shape, micro_batches=micro_batches, copies=copies)


def given_copies(split: Split, rows: Any, shape: Sequence) -> GivenCopies:
    """The copies of an encoded split "augmented"."""
    encoded = split.encoded
    if len(encoded) != len(split.examples) or len(np.unique(rows.example)) != len(rows):
        raise InputError("--augmented: texts that are cut into several rows have no copies row by row. Leave the flag out.")
    owners = [example.extra["copy_of"] for example in split.examples]
    return GivenCopies(UnlabelledBatches(encoded, *shape), np.bincount(owners))
