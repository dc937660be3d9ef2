"""Choose: multiple-choice questions on a text, from your own JSON lines. Accuracy.

{"passage": "…", "question": "…", "choices": ["…", "…", "…"], "answer": "…"}        answer: a choice, or its number from 0

Questions may have different numbers of choices, two or more. Texts longer than max_length are trimmed, the longest part first.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from baselines.data.readers import any_format
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError
from baselines.heads.choice import ChoiceHead, encode_question
from baselines.losses.cross_entropy import cross_entropy
from baselines.metrics.accuracy import accuracy
from baselines.task import Demo, Example, Labels, Recipe, Task
from baselines.tokenizers.tokenizer import Tokenizer


@dataclasses.dataclass(frozen=True)
class Fields:
    """Fields of a question in the user's files."""

    passage: str = "passage"
    """Field of the text."""
    question: str = "question"
    """Field of the question."""
    choices: str = "choices"
    """Field of the list of choices."""
    answer: str = "answer"
    """Field of the right choice, or of its number from 0; files to predict need none."""
    id: str = "id"
    """Field of the question's id; where a line has none, its number."""


def read(path: str | Path, fields: Fields) -> Iterator[Example]:
    for row in any_format.read(path):
        choices = row[fields.choices]
        if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(c, str) and c.strip() for c in choices):
            raise InputError(
                f"{row.origin}: {fields.choices} is {shorten(choices)}. Write a list of two or more texts, none of them empty."
            )
        if len(set(choices)) < len(choices):
            raise InputError(f"{row.origin}: {fields.choices} repeats a choice: {shorten(choices)}. Write each once.")
        texts = (row.text(fields.passage), row.text(fields.question), *choices)
        yield Example(id=row.id(fields.id), texts=texts, gold=answer(row, fields.answer, choices), origin=row.origin)


def answer(row: Row, field: str, choices: list[str]) -> str | None:
    """The text of the right choice, None where the row has no answer. Raises InputError for an unknown choice."""
    given = row.get(field)
    if given is None or given == "" or given in choices:
        return given or None
    if type(given) is int and 0 <= given < len(choices):
        return choices[given]
    raise InputError(
        f"{row.origin}: {field} is {given!r}. Write one of {shorten(choices, 200)}, or its number from 0 to {len(choices) - 1}."
    )


def encode(example: Example, tokenizer: Tokenizer, max_length: int) -> Iterator[tuple[dict, Any]]:
    gold = None if example.gold is None else example.texts[2:].index(example.gold)
    return encode_question()(dataclasses.replace(example, gold=gold), tokenizer, max_length)


def decode(example: Example, outputs: dict) -> Any:
    """The text of the choice with the largest logit; logits are (1, N), N at least as large as the number of choices."""
    return example.texts[2 + int(np.argmax(outputs["logits"][0]))]


def bind(task: Task, fields: Fields, labels: Labels | None, train_file: Path | tuple[Path, ...] | None) -> Task:
    """The task with the user's names of fields."""
    return dataclasses.replace(task, read=lambda path: read(path, fields))


TASK = Task(
    files={"train": "train.jsonl", "dev": "dev.jsonl", "test": "test.jsonl"},
    read=lambda path: read(path, Fields()),
    encode=encode,
    head=ChoiceHead(),
    loss=cross_entropy,
    decode=decode,
    metric=accuracy,
    recipe=Recipe(max_length=256, batch_size=8, epochs=5, learning_rate=2e-5, accumulate=2, eval_batch_size=8),
    source="Put your own file there",
    num_texts=None,
    options=Fields,
    bind=bind,
    demo=Demo({"max_length": 64, "batch_size": 16, "accumulate": 1, "epochs": 8, "learning_rate": 5e-4}),
)
