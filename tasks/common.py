"""Shared by tasks: columns by flag, classes of a training file, generation flags, reading of SQuAD-style JSON."""

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.data.readers import any_format, squad_json
from baselines.data.readers.record import Row
from baselines.data.windows import encode_windows
from baselines.errors import InputError, excerpt, nearest
from baselines.heads.span import best_by_margin, decode_answer_or_none, with_head
from baselines.metrics.reading import best_null_threshold, scores_with_unanswerable
from baselines.task import Example, Labels, Span, Task

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def each_path(path: str | Path | tuple) -> tuple:
    """The files of a split, which is one path or a tuple of them."""
    return path if isinstance(path, tuple) else (path,)


def encode_checked(
    example: Example, tokenizer: Any, max_length: int, inner: Callable, check: Callable
) -> Iterator[tuple[dict, Any]]:
    """The `encode` stage of `inner`, whose gold, where there is some, is checked first: `predict` reads files without it."""
    if example.gold is not None:
        check(example)
    yield from inner(example, tokenizer, max_length)


@dataclasses.dataclass(frozen=True)
class GenerationFlags:
    """Flags of tasks that generate text."""

    words: str | None = None
    """File with a token, a tab and its count per line: tokens with a count of 10 or more join the vocabulary."""
    max_tokens: int | None = None
    """Maximum tokens of a text that is generated for scoring. Default: the task's."""
    beam: int | None = None
    """Beams for texts that are generated for scoring; 0 samples. Default: the task's."""
    top_k: int | None = None
    """Sample from the top_k most likely tokens for scoring; 1 is greedy. Default: the task's."""
    self_terminating: float = 0.0
    """In (0, 1): train and generate with a distribution in which the end is at least this likely at each token, increasingly, so
    that every text ends: 0.02 within 35 tokens. arXiv:2002.02492. 0: a softmax."""

    def __post_init__(self):
        if not 0 <= self.self_terminating < 1:
            raise InputError(
                f"--self_terminating is {self.self_terminating}. Give a number between 0 and 1, or 0 for a softmax."
            )


def check_columns(row: Row, columns: Any, flags: Sequence[str]) -> None:
    """Raises InputError for a column that one of `flags` names and the first row does not have, naming the flag to set."""
    for flag in flags:
        name = getattr(columns, flag)
        if name and name not in row:
            raise missing_column(flag, columns, row)


def missing_column(flag: str, columns: Any, row: Row) -> InputError:
    """The InputError for a column that a flag names and the file does not have."""
    name = getattr(columns, flag)
    return InputError(
        f"{row.origin}: there is no column {name!r} for --{flag}, only {excerpt(', '.join(row), 300)}. "
        f"{nearest(name, row)} Name yours with --{flag}."
    )


def discover(
    path: str | Path | tuple, columns: Any, header: Sequence[str] | None = None, names_of: Callable | None = None
) -> Labels:
    """The Labels of a training file. Raises InputError unless it has two classes or more.

    header    see rows.read
    names_of  row -> the names of its classes, where it may have several
    """
    names_of, result = names_of or (lambda row: [row.label(columns.label)]), set()
    for number, row in enumerate(any_format.read(path, header)):
        if number == 0 and columns.label not in row:
            raise missing_column("label", columns, row)
        result.update(names_of(row) or ())
    names = sort_names(result - {None})
    if len(names) < 2:
        result = f"only the class {names[0]!r}" if names else "no class"
        raise InputError(f"{path}: column {columns.label!r} holds {result}. Name the column of the class with --label.")
    return Labels(*names)


def sort_names(names: Iterable[str]) -> list[str]:
    """Names in an order that does not depend on that of the file: by value if all are numbers, else by code point."""
    if all(NUMBER.fullmatch(name) for name in names):
        return sorted(names, key=lambda name: (float(name), name))
    return sorted(names)


@dataclasses.dataclass(frozen=True)
class Reading:
    """Flags of extractive question answering."""

    head: str = "global_pointer"
    """global_pointer scores every span; pointer_pair scores its first and its last token."""
    longest_answer: int = 0
    """Maximum tokens of a predicted answer; 0: no limit."""
    fix_offsets: bool = False
    """Move an answer that is not at its answer_start to its nearest occurrence; otherwise the file is rejected."""
    impossible: bool = False
    """Questions may have no answer ("answers": [], as in SQuAD 2.0), and the model says so; otherwise they are left out."""
    no_answer_threshold: float = 0.0
    """With --impossible: an answer counts if its score is this much above that of no answer. Dev's scores name the best."""


@dataclasses.dataclass(frozen=True)
class ReadingInference:
    """For verbs that use a run."""

    no_answer_threshold: float | None = None
    """An answer counts if its score is this much above that of no answer (runs trained with --impossible)."""


def read_questions(path: str | Path, fix_offsets: bool = False, impossible: bool = False) -> Iterator[Example]:
    """Examples (question, context) of SQuAD-style JSON, gold its answers: () for none with `impossible`, else left out."""
    for row in squad_json.read(path, fix_offsets):
        answers = row["answers"]
        texts, gold = (row["question"], row["context"]), answers if impossible else answers or None
        yield Example(id=row["id"], texts=texts, gold=gold, scored=impossible or answers != (), origin=row.origin)


def answer_spans(example: Example) -> list[Span]:
    return [Span(1, answer.start, answer.end) for answer in example.gold]


def bind_reading(task: Task, options: Reading, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with the head and the reader of the flags."""
    task = with_head(task, options.head, options.longest_answer)
    read = functools.partial(read_questions, fix_offsets=options.fix_offsets, impossible=options.impossible)
    task = dataclasses.replace(task, read=read)
    if not options.impossible:
        return task
    decode = functools.partial(decode_answer_or_none, threshold=options.no_answer_threshold)
    return dataclasses.replace(task, decode=decode, metric=scores_with_unanswerable, reference_score=tuned_threshold)


def tuned_threshold(examples: Sequence[Example], rows: Any, predictions: Mapping, predict: Callable) -> dict[str, float]:
    """{"best_threshold", "best_f1"}: --no_answer_threshold with the highest F1 on these examples, and that F1."""
    found = predict(examples, encode_windows, best_by_margin)
    answers = [(example.texts[1][found[example.id][0] : found[example.id][1]], found[example.id][2]) for example in examples]
    golds = [example.gold for example in examples]
    threshold, f1 = best_null_threshold(golds, [text for text, _ in answers], [margin for _, margin in answers])
    return {"best_threshold": threshold, "best_f1": f1}
