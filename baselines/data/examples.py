"""The examples of one file, checked before anything is computed: ids, gold, labels. Faults name file and line."""

import collections
import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.text_files import missing
from baselines.task import Example, Labels

LEARNING_SPLITS = ("train", "dev")
MANY_CLASSES = 1000
"""Above it, classes are not listed; the memory of the output layer is reported instead."""


def read_examples(
    read: Callable, path: str | Path | tuple, split: str, labels: Labels | None = None, source: str = ""
) -> tuple[list[Example], int]:
    """All examples of `path`, or of a tuple of paths, as the split needs them, and how many were left out.

    read    the task's reader, path -> examples
    split   "train" and "dev" need gold and leave out rows that are not scored; "test" keeps every row, in order. Of a file
            that holds several splits, examples say theirs in extra["split"]: those of the others are passed over
    labels  the task's Labels, or None where gold is no class name
    source  where the task's official files come from, for the message when `path` is missing
    Returns (list of Example, number of rows left out).
    Raises InputError for a missing file or what its reader refuses; a repeated id; train and dev rows without gold or
    with an unknown label; a file in which nothing is left.
    """
    if isinstance(path, tuple):
        return read_all([functools.partial(read_examples, read, each, split, labels, source) for each in path])
    path = Path(path)
    if not path.exists():
        raise InputError(missing(path, source))
    examples, origins, dropped, others = [], {}, 0, 0
    for example in read(path):
        if example.extra.get("split", split) != split:
            others += 1
            continue
        if example.id in origins:
            raise InputError(
                f"{example.origin}: the id {example.id!r} repeats that of {origins[example.id]}. "
                "Remove one of the two, or renumber them."
            )
        origins[example.id] = example.origin
        if split in LEARNING_SPLITS:
            if not example.scored:
                dropped += 1
                continue
            check_gold(example, labels, path)
        examples.append(example)
    if not examples:
        reason = f"none of its {dropped} rows is scored" if dropped else "the file is empty"
        reason = f"its {others} rows are of other splits" if others and not dropped else reason
        raise InputError(f"{path}: no examples, because {reason}. Give a file with examples of the {split} split.")
    return examples, dropped


def read_all(readings: Sequence[Callable]) -> tuple[list[Example], int]:
    """The examples of several files, one after the other; the n-th file's get " (n)" to ids that an earlier file has too."""
    result, known, dropped = [], set(), 0
    for number, reading in enumerate(readings, start=1):
        examples, left_out = reading()
        for example in examples:
            result.append(dataclasses.replace(example, id=f"{example.id} ({number})") if example.id in known else example)
        known.update(example.id for example in result)
        dropped += left_out
    return result, dropped


def check_gold(example: Example, labels: Labels | None, path: Path) -> None:
    """Raises InputError unless the example has gold, and a known one where the task has labels."""
    if example.gold is None:
        raise InputError(
            f"{example.origin}: no gold answer (null, NaN or an empty cell), which training and scoring need. "
            "Fill it in, or remove the row; name a test file with --test."
        )
    if labels is None:
        return
    try:
        labels.id(example.gold)
    except InputError as error:
        advice = ""
        if (path.parent / "labels.json").is_file():
            advice = f" If {path.parent / 'labels.json'} names this file's classes, give it with --labels."
        raise InputError(f"{example.origin}: {error}{advice}") from None


def gold_counts(examples: Sequence[Example], labels: Labels) -> dict[str, int]:
    """{class name: number of its examples}, in the order of `labels`."""
    counts = collections.Counter(example.gold for example in examples)
    return {name: counts[name] for name in labels.names}


def class_counts(examples: Sequence[Example], labels: Labels) -> str:
    """A line per class with its number of examples and their share, in the order of `labels`, to print before a run."""
    counts = gold_counts(examples, labels)
    total = sum(counts.values()) or 1
    if len(counts) > MANY_CLASSES:
        return f"{len(counts):,} classes of {min(counts.values()):,} to {max(counts.values()):,} examples"
    return "\n".join(f"{counts[name]:>8}  {counts[name] / total:6.1%}  {name}" for name in labels.names)


def class_memory(num_classes: int, hidden_size: int) -> str:
    """A line on what a layer of many classes takes in training: weights, gradients and Adam's two moments, float32."""
    size = 4 * 4 * num_classes * (hidden_size + 1)
    return (f"{num_classes:,} classes: their layer takes {size / 1e6:,.0f} MB of memory in training, and each example "
            f"{4 * num_classes / 1e3:,.0f} kB of scores. Is it the right column? Name it with --label.")  # fmt: skip
