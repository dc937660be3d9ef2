"""Classify: one label per row of your own table or JSON lines, or any number, from one text or two. Accuracy and macro F1.

title,body,category                 run.py train classify --train my.csv --dev dev.jsonl
"好吃,不贵",下次还来,餐饮                  --text title --text_pair body --label category

Formats: .csv, .tsv, .json, .jsonl, and .gz of them. The classes are those of the training file: numbers in their order,
other names sorted by code point; they are saved with the run. Segment ids are all 0, as in the CLUE tasks.

With --multilabel a row has any number of labels, also none: a cell "餐饮|价格", a JSON list ["餐饮", "价格"]. Micro F1.
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError
from baselines.heads.classification import with_labels
from baselines.heads.multilabel_classification import with_label_sets
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.f1 import accuracy_and_macro_f1
from baselines.metrics.multilabel import multilabel_scores
from baselines.task import Categories, Demo, Example, Labels, Recipe, Task
from tasks.common import check_columns, discover, sort_names


@dataclasses.dataclass(frozen=True)
class Columns:
    """Columns of an example in the user's files."""

    text: str = "text"
    """Column or field of the text."""
    text_pair: str | None = None
    """Column or field of the second text, if there are two."""
    label: str = "label"
    """Column or field of the class; files to predict need none."""
    id: str | None = None
    """Column or field of the row's id; default: `id` where the file has it, else the line number."""
    multilabel: bool = False
    """A row may have several labels or none: a JSON list of names, or a text with the separator between them."""
    separator: str = "|"
    """With --multilabel: the string between the labels of a table cell."""


def read(path: str | Path, columns: Columns) -> Iterator[Example]:
    for number, row in enumerate(any_format.read(path)):
        if number == 0:
            check_columns(row, columns, ("text", "text_pair", "id"))
        texts = tuple(row.text(field) for field in (columns.text, columns.text_pair) if field)
        yield Example(id=row.id(columns.id or "id"), texts=texts, gold=gold_of(row, columns), origin=row.origin)


def gold_of(row: Row, columns: Columns) -> str | list[str] | None:
    """The class of a row, or with --multilabel its sorted classes; None where it has no such column."""
    if columns.multilabel:
        names = row.labels(columns.label, columns.separator)
        return None if names is None else sort_names(names)
    if isinstance(row.get(columns.label), list):
        raise InputError(
            f"{row.origin}: {columns.label} is a list of classes, {shorten(row[columns.label])}. "
            "Name one class, or add --multilabel if a row may have several."
        )
    return row.label(columns.label)


def bind(task: Task, columns: Columns, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with its columns and classes: those of the run, else those of the training file."""
    if labels is None and train_file is None:
        raise InputError("classify: --train FILE is required, because it names the classes; a trained model needs --run DIR.")
    num_texts = 2 if columns.text_pair else 1
    task = dataclasses.replace(task, read=functools.partial(read, columns=columns), num_texts=num_texts)
    complete = bind_multilabel if columns.multilabel else bind_classes
    return complete(task, columns, labels, train_file)


def bind_classes(task: Task, columns: Columns, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    return with_labels(task, labels or discover(train_file, columns, names_of=lambda row: [gold_of(row, columns)]))


def bind_multilabel(task: Task, columns: Columns, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task whose gold is a list of names, shown in tables with the separator between them."""
    if not columns.separator.strip():
        raise InputError(f"--separator {columns.separator!r} is only white space. Give a character such as |.")
    labels = labels or discover(train_file, columns, names_of=lambda row: gold_of(row, columns))
    task = with_label_sets(task, Categories(*labels.names), columns.separator)
    return dataclasses.replace(task, metric=multilabel_scores)


TASK = Task(
    files={"train": "train.csv", "dev": "dev.csv", "test": "test.csv"},
    read=functools.partial(read, columns=Columns()),
    encode=None,                                                        # this, head and decode: see bind
    head=None,
    loss=cross_entropy,
    decode=None,
    metric=accuracy_and_macro_f1,
    recipe=Recipe(max_length=128, batch_size=32, epochs=10, learning_rate=2e-5),
    source="Put your own file there",
    options=Columns,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 32, "epochs": 8, "learning_rate": 5e-4}),
)
