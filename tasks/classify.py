"""Classify: one label per row of your own table or JSON lines, from one text or two. Accuracy and macro F1.

title,body,category                 run.py train classify --train my.csv --dev dev.jsonl
"好吃,不贵",下次还来,餐饮                  --text title --text_pair body --label category

Formats: .csv, .tsv, .json, .jsonl, and .gz of them. The classes are those of the training file: numbers in their order,
other names sorted by code point; they are kept with the run. Segment ids are all 0, as in the CLUE tasks.
"""

import dataclasses
import functools
import re

from baselines.data.readers import rows
from baselines.errors import InputError, nearest
from baselines.heads.classification import with_labels
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.f1 import accuracy_and_macro_f1
from baselines.task import Example, Labels, Recipe, Task

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
MOST_CLASSES = 1000


@dataclasses.dataclass(frozen=True)
class Columns:
    """Where the parts of an example stand in the user's files."""

    text: str = "text"
    """Column or field of the text."""
    text_pair: str | None = None
    """Column or field of the second text, if there are two."""
    label: str = "label"
    """Column or field of the class; files to predict need none."""
    id: str | None = None
    """Column or field of the row's id; default: `id` where the file has it, else the line number."""


def read(path, columns):
    for number, row in enumerate(rows.read(path)):
        if number == 0:
            check_columns(row, columns)
        texts = tuple(row.text(field) for field in (columns.text, columns.text_pair) if field)
        yield Example(id=row.id(columns.id or "id"), texts=texts, gold=row.label(columns.label), origin=row.origin)


def check_columns(row, columns):
    """Raises InputError for a column of texts or ids that the first row does not have, naming the flag to set."""
    for flag in ("text", "text_pair", "id"):
        name = getattr(columns, flag)
        if name and name not in row:
            raise missing_column(flag, columns, row)


def missing_column(flag, columns, row):
    """The InputError for a column that a flag names and the file does not have."""
    name = getattr(columns, flag)
    return InputError(
        f"{row.origin}: expected a column {name!r} for --{flag}. Received the columns {', '.join(row)}. "
        f"{nearest(name, row)} Name yours with --{flag}."
    )


def discover(path, columns):
    """The Labels of a training file. Raises InputError unless it has 2 to 1000 classes."""
    found = set()
    for number, row in enumerate(rows.read(path)):
        if number == 0 and columns.label not in row:
            raise missing_column("label", columns, row)
        found.add(row.label(columns.label))
    names = sort_names(found - {None})
    if not 2 <= len(names) <= MOST_CLASSES:
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "") or "none"
        raise InputError(
            f"{path}: expected 2 to {MOST_CLASSES} classes in column {columns.label!r}. Received {len(names)}: {shown}."
            " Is it the column of the class? Name it with --label."
        )
    return Labels(*names)


def sort_names(names):
    """Names in an order that does not depend on that of the file: by value if all are numbers, else by code point."""
    if all(NUMBER.fullmatch(name) for name in names):
        return sorted(names, key=lambda name: (float(name), name))
    return sorted(names)


def bind(task, columns, labels, train_file):
    """The task with its columns and classes: those of the run, else those found in the training file."""
    if labels is None and train_file is None:
        raise InputError("classify: expected --train FILE, which names the classes, or --run DIR. Received: neither.")
    task = dataclasses.replace(task, read=functools.partial(read, columns=columns))
    return with_labels(task, labels or discover(train_file, columns))


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
    demo={"max_length": 64, "batch_size": 32, "epochs": 8, "learning_rate": 5e-4},
)
