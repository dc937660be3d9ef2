"""Rerank: which of a query's candidates answer it best? MRR, NDCG@10 and MAP of a cross-encoder. For `search --rerank RUN`.

{"query": "怎么开通借书证", "text": "图书证要怎么办理", "label": 2}           run.py train rerank --train pairs.jsonl --high 2
{"query": "怎么开通借书证", "text": "图书证要怎么办理", "negative": ["图书馆几点开门", "…"]}

A row is a candidate of a query with a grade, or a relevant candidate with others that are not. Rows of one query join, wherever
they stand in the file.
"""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import any_format
from baselines.data.readers.record import Row
from baselines.errors import InputError, excerpt
from baselines.heads.ranking import CandidateDraw, RankingHead, decode_scores, encode_candidates
from baselines.losses.ranking import OBJECTIVES, RankingLoss
from baselines.metrics.ranking import ranking_scores
from baselines.task import Demo, Example, Labels, Recipe, Sampling, Task
from tasks.common import check_columns


@dataclasses.dataclass(frozen=True)
class Columns:
    """Columns of a candidate in the user's files."""

    query: str = "query"
    """Column or field of the query."""
    text: str = "text"
    """Column or field of the candidate, or of a list of candidates."""
    label: str = "label"
    """Column or field of the candidate's grade, a number from 0 (irrelevant); without it the candidate is relevant (--high)."""
    negative: str = "negative"
    """Column or field of an irrelevant candidate, or of a list of them."""
    high: float = 1.0
    """The highest grade."""
    columns: tuple[str, ...] = ()
    """Names of the columns of tables without a header line, such as: query text label."""


@dataclasses.dataclass(frozen=True)
class Options(Columns):
    """What is learned, and from which columns."""

    objective: str = "listwise"
    """listwise: the best of all candidates; pairwise: which of two is better; pointwise: the grade of each."""
    candidates: int = 8
    """Candidates of a query that one step of training compares; they are drawn again in every epoch."""


def read(path: str | Path | tuple, columns: Columns) -> Iterator[Example]:
    """Examples (query, candidate, …) in the order of their first row; gold the grades, None for a file without any."""
    groups = {}
    for each in path if isinstance(path, tuple) else (path,):
        for number, row in enumerate(any_format.read(each, columns.columns or None)):
            if number == 0:
                check_columns(row, columns, ("query", "text"))
            found = groups.setdefault(row.text(columns.query), ({}, row.origin))[0]
            for text, grade in candidates_of(row, columns):
                if found.setdefault(text, grade) != grade:
                    raise InputError(f"{row.origin}: the candidate {excerpt(text, 50)!r} of its query has the grades {found[text]} "
                                     f"and {grade}. Remove one of the rows.")  # fmt: skip
    for number, (query, (found, origin)) in enumerate(groups.items(), 1):
        grades = tuple(found.values())
        if len({grade is None for grade in grades}) > 1:
            raise InputError(f"{origin}: some candidates of {excerpt(query, 50)!r} have a grade and some have none. Give all one.")
        yield Example(id=number, texts=(query, *found), gold=None if grades[0] is None else grades, origin=origin)


def candidates_of(row: Row, columns: Columns) -> list[tuple[str, float | None]]:
    """[(candidate, grade)] of a row; the grade is None in a file without grades and without irrelevant candidates."""
    label, negatives = row.label(columns.label), texts_of(row, columns.negative) if row.get(columns.negative) is not None else []
    if label is not None:
        grade = grade_of(label, row, columns)
    else:
        grade = columns.high if columns.negative in row else None
    return [*((text, grade) for text in texts_of(row, columns.text)), *((text, 0.0) for text in negatives)]


def grade_of(label: str, row: Row, columns: Columns) -> float:
    """A grade as a float. Raises InputError unless it is a number from 0 to --high."""
    try:
        value = float(label)
    except ValueError:
        value = -1.0
    if 0 <= value <= columns.high:
        return value
    raise InputError(f"{row.origin}: {columns.label} is {excerpt(label)!r}, not a number from 0 to {columns.high:g}. "
                     "Set the highest grade with --high.")  # fmt: skip


def texts_of(row: Row, name: str) -> list[str]:
    """The text of a field, or the texts of its list."""
    value = row[name]
    if not isinstance(value, list):
        return [row.text(name)]
    if not value or not all(isinstance(text, str) and text.strip() for text in value):
        raise InputError(f"{row.origin}: {name} is {excerpt(value)}. Write a text, or a list of texts, none of them empty.")
    return value


def bind(task: Task, options: Options, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with the columns and the objective of the flags."""
    if options.objective not in OBJECTIVES:
        raise InputError(f"--objective {options.objective} is unknown. Choose one of {', '.join(OBJECTIVES)}.")
    if not options.high > 0:
        raise InputError(f"--high is {options.high:g}. Give the highest grade, above 0.")
    if options.candidates < 2:
        raise InputError(f"--candidates is {options.candidates}. Give at least 2, so that there is something to compare.")
    return dataclasses.replace(
        task, read=functools.partial(read, columns=options), loss=RankingLoss(options.objective, options.high),
        head=RankingHead(options.objective != "pointwise"), sampling=Sampling(CandidateDraw(options.candidates), 1),
    )  # fmt: skip


TASK = Task(
    files={"train": "train.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"},
    read=functools.partial(read, columns=Columns()),
    encode=encode_candidates,
    head=RankingHead(),
    loss=RankingLoss(),
    decode=decode_scores,
    metric=ranking_scores,
    recipe=Recipe(max_length=128, batch_size=8, epochs=3, learning_rate=2e-5, eval_batch_size=8),
    source="Put your own file there",
    num_texts=None,
    options=Options,
    bind=bind,
    demo=Demo({"max_length": 48, "batch_size": 16, "epochs": 15, "learning_rate": 5e-4}),
)
