"""Shared by the CLUE tasks: download links, reading of pairs, the recipe, submission lines."""

import dataclasses
from pathlib import Path

from baselines.data.readers import any_format
from baselines.data.readers.record import Row
from baselines.errors import InputError
from baselines.heads.classification import with_labels
from baselines.task import Example, Labels, Recipe, Task

PAIR_COLUMNS = ("sentence1", "sentence2", "label")
"""The cells of pair files that are distributed as tables without a header."""

RECIPE = Recipe(max_length=128, batch_size=32, epochs=10, learning_rate=2e-5)
"""Su Jianlin's for all classification tasks (kexue.fm/archives/8739), with AdamW in place of his Adafactor.

These flags choose his:

--optimizer adafactor --learning_rate 5e-4 --schedule constant --warmup 0 --weight_decay 0 --clip_norm 0
--adafactor.beta_1 0.9 --adafactor.min_dim_size_to_factor 1000000
"""

DEMO = {"max_length": 64, "batch_size": 32, "epochs": 8, "learning_rate": 5e-4}
"""For the embedded data and a small model whose classifier starts from random weights."""


def source(archive: str, folder: str) -> str:
    """Where the official files are, for the message when one is missing."""
    url = f"https://storage.googleapis.com/cluebenchmark/tasks/{archive}"
    return f"Get {url} (see github.com/CLUEbenchmark/CLUE) and unzip it into {folder}"


def pair_example(row: Row) -> Example:
    """The Example of a row with sentence1 and sentence2."""
    texts = (row.text("sentence1"), row.text("sentence2"))
    return Example(id=row.id("id"), texts=texts, gold=row.label(), origin=row.origin)


def nli_example(row: Row) -> Example:
    """As `pair_example`; where the annotators did not agree, label "-", the example is skipped."""
    example = pair_example(row)
    return dataclasses.replace(example, gold=None, scored=False) if example.gold == "-" else example


def label_line(example: Example, label: str) -> dict:
    """A line of a submission: both values are strings."""
    return {"id": str(example.id), "label": label}


@dataclasses.dataclass(frozen=True)
class LabelFile:
    """Flags of tasks whose files exist with other class names too (DataCLUE's)."""

    labels: str | None = None
    """A file with the class names in index order, one {"label": "0"} per line; default: the task's own."""


def bind_labels(task: Task, options: LabelFile, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with the class names of the run (`labels`), else of the file `--labels`, else its own."""
    if labels is None and options.labels:
        names = [str(row.label() or row.text("label")) for row in any_format.read(options.labels)]
        if len(set(names)) != len(names) or len(names) < 2:
            raise InputError(f"{options.labels}: the labels are {', '.join(names)}. Give two or more, each once.")
        labels = Labels(*names)
    return with_labels(task, labels) if labels else task
