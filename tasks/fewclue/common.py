"""Shared by the FewCLUE tasks: folds, the recipe, submission lines, and the task of a set of classes."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from baselines.data.readers import any_format
from baselines.heads.classification import ClassificationHead, decode_label, encode_texts
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Cloze, Demo, Example, Labels, Recipe, Submission, Task

FOLDS = {fold: {"train": f"train_{fold}.json", "dev": f"dev_{fold}.json"} for fold in ("0", "1", "2", "3", "4", "few_all")}
"""The official folds; few_all holds the rows of all five."""
RECIPE = Recipe(max_length=128, batch_size=8, epochs=20, learning_rate=2e-5)
"""Small batches, because a fold has 16 rows per class or fewer."""
DEMO = Demo({"max_length": 64, "epochs": 5, "learning_rate": 5e-4})


@dataclasses.dataclass(frozen=True)
class Fold:
    """Flags of the FewCLUE tasks."""

    fold: str | None = None
    """Official fold, 0 to 4 or few_all (all five): takes the place of --train and --dev. Default: 0."""


def read_texts(*fields: str) -> Callable[[str | Path], Iterator[Example]]:
    """The `read` stage of rows with a text in each of these fields, `id` and `label`."""

    def read(path):
        for row in any_format.read(path):
            yield Example(row.id("id"), tuple(map(row.text, fields)), row.label(), origin=row.origin)

    return read


def source(task: str) -> str:
    """Where the official files are, for the message when one is missing."""
    return f"Get datasets/{task} of github.com/CLUEbenchmark/FewCLUE and copy its files to datasets/fewclue/{task}"


def label_line(example: Example, label: str) -> dict:
    """A line of a submission. The id is that of the test file, which may be a number."""
    return {"id": example.id, "label": label}


def submission(file: str, record: Callable[[Example, Any], dict] = label_line) -> Submission:
    """The file that the leaderboard takes for test.json."""
    return Submission(files={"test.json": file}, record=record, keys=lambda example: [example.id])


def classification(name: str, read: Callable, labels: Labels, file: str, cloze: Cloze, num_texts: int = 1) -> Task:
    """A task with one class per example.

    Args:
        name: Of its folder under datasets/fewclue.
        read: path -> examples.
        labels: Its classes.
        file: Name of the submission file.
        cloze: How the classes read as words.
        num_texts: Texts of an example.
    """
    return Task(
        files={**FOLDS["0"], "test": "test.json"},
        read=read,
        encode=encode_texts(labels),
        head=ClassificationHead(len(labels)),
        loss=cross_entropy,
        decode=decode_label(labels),
        metric=accuracy,
        recipe=RECIPE,
        submit=submission(file),
        labels=labels,
        source=source(name),
        num_texts=num_texts,
        options=Fold,
        cloze=cloze,
        folds=FOLDS,
        demo=DEMO,
    )
