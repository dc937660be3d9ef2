"""Match: pairs of your own texts with a class or a similarity score. Accuracy and macro F1, or Spearman and Pearson.

text,text_pair,score                run.py train match --train my.csv --dev dev.jsonl --score score --high 5
一个人在弹吉他。,有人弹吉他。,4.5

Formats: .csv, .tsv, .txt, .json, .jsonl, and .gz of them. With --label, classes are those of the training file. With
--score, a number per pair is predicted: the encoder sees both texts, as in Reimers and Gurevych's cross-encoder
(2019, arXiv:1908.10084, section 4.1), and learns the score scaled to [0, 1].
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.data.readers.record import Row
from baselines.errors import InputError
from baselines.heads.classification import with_labels
from baselines.heads.similarity import with_scores
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.correlation import spearman_and_pearson
from baselines.metrics.f1 import accuracy_and_macro_f1
from baselines.task import Demo, Example, Labels, Recipe, Task
from tasks.common import check_columns, discover


@dataclasses.dataclass(frozen=True)
class Columns:
    """Columns of a pair in the user's files."""

    text: str = "text"
    """Column or field of the first text."""
    text_pair: str = "text_pair"
    """Column or field of the second text."""
    label: str | None = None
    """Column or field of the class; default: `label`, unless --score is given."""
    score: str | None = None
    """Column or field of the similarity, a number from --low to --high."""
    low: float = 0.0
    """The score of texts that have nothing in common."""
    high: float = 1.0
    """The score of texts that mean the same."""
    second_segment: int = 0
    """Segment id of the second text: 1 for encoders pretrained with next sentences, as Google's BERT; 0 for RoBERTa and others."""
    id: str | None = None
    """Column or field of the row's id; default: `id` where the file has it, else the line number."""
    columns: tuple[str, ...] = ()
    """Names of the columns of tables without a header line, such as: text text_pair score."""


def read(path: str | Path, columns: Columns) -> Iterator[Example]:
    for number, row in enumerate(any_format.read(path, columns.columns or None)):
        if number == 0:
            check_columns(row, columns, ("text", "text_pair", "id"))
        gold = score(row, columns) if columns.score else row.label(columns.label)
        texts = (row.text(columns.text), row.text(columns.text_pair))
        yield Example(id=row.id(columns.id or "id"), texts=texts, gold=gold, origin=row.origin)


def score(row: Row, columns: Columns) -> float | None:
    """The score of a row as a float, or None where it has none. Raises InputError unless it is a number in the range."""
    text = row.label(columns.score)
    try:
        value = None if text is None else float(text)
    except ValueError:
        value = float("nan")
    if value is None or columns.low <= value <= columns.high:
        return value
    raise InputError(
        f"{row.origin}: {columns.score} is {text!r}, not a number from {columns.low:g} to {columns.high:g}. "
        "Set the range with --low and --high."
    )


def bind(task: Task, columns: Columns, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with its columns and a head for scores, or for the classes of the run or of the training file."""
    if columns.label and columns.score:
        raise InputError(f"match: --label {columns.label} and --score {columns.score} exclude each other. Leave one of them out.")
    if not columns.low < columns.high:
        raise InputError(f"match: --low {columns.low:g} is not below --high {columns.high:g}. Give the range of the scores.")
    if columns.second_segment not in (0, 1):
        raise InputError(f"--second_segment is {columns.second_segment}. Set it to 0 or 1.")
    if columns.score:
        task = dataclasses.replace(task, read=functools.partial(read, columns=columns), metric=spearman_and_pearson)
        return with_scores(task, columns.low, columns.high, columns.second_segment)
    if labels is None and train_file is None:
        raise InputError("match: --train FILE is required, because it names the classes; a trained model needs --run DIR.")
    columns = dataclasses.replace(columns, label=columns.label or "label")
    task = dataclasses.replace(task, read=functools.partial(read, columns=columns))
    return with_labels(task, labels or discover(train_file, columns, columns.columns or None), columns.second_segment)


TASK = Task(
    files={"train": "train.csv", "dev": "dev.csv", "test": "test.csv"},
    read=functools.partial(read, columns=Columns(label="label")),
    encode=None,                                                        # this, head and decode: see bind
    head=None,
    loss=cross_entropy,
    decode=None,
    metric=accuracy_and_macro_f1,
    recipe=Recipe(max_length=128, batch_size=32, epochs=10, learning_rate=2e-5),
    source="Put your own file there",
    num_texts=2,
    options=Columns,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 32, "epochs": 8, "learning_rate": 5e-4}),
)
