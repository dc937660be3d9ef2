"""SQuAD's layout, one JSON object for a file: CMRC2018, DRCD, DuReader-robust. Rajpurkar et al., 2016, arXiv:1606.05250.

{"data": [{"paragraphs": [{"context": "…", "qas": [{"id": "…", "question": "…", "answers": [{"text": "…", "answer_start": 9}]}]}]}]}
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from baselines.data.readers import json_file
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError

NO_PLACE = -1
"""answer_start of the stand-ins that test files have for answers."""


class Answer(NamedTuple):
    """An answer in its context."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def read(path: str | Path, fix_offsets: bool = False) -> Iterator[Row]:
    """Yields a Row per question: id, question, context, and answers, a tuple of different Answers in the file's order.

    answers is None without gold (no `answers`, or only stand-ins), and () where a question is said to have none: `answers` is
    empty, as in SQuAD 2.0, or `is_impossible` is true, as in DuReader-checklist, whose answers are stand-ins then.
    A question may be empty, as one of CMRC's is.

    Args:
        path: a file or its .gz.
        fix_offsets: take an answer that is not at its answer_start from the nearest place where its text is.

    Raises:
        InputError: with the place, for another layout, and for an answer that is not at its answer_start.
    """
    name = Path(path).name
    for article in items(json_file.expect(json_file.read(path), dict, name), "data", f"{name}: "):
        for paragraph in items(article, "paragraphs"):
            context = paragraph.text("context")
            for question in items(paragraph, "qas"):
                place = question.origin
                id = question.id("id") if "id" in question else place.removeprefix(f"{name}: ")
                text = json_file.expect(question["question"], str, f"{place}.question")
                fields = {"id": id, "question": text, "context": context}
                row = Row(fields, f"{place} ({id})" if "id" in question else place, question.number)
                row["answers"] = answers(question, context, row.origin, fix_offsets)
                yield row


def items(parent: Row, field: str, prefix: str | None = None) -> Iterator[Row]:
    """Yields the objects in the list `field` as Rows with their path: "dev.json: data[0].paragraphs[3]"."""
    prefix = f"{parent.origin}." if prefix is None else prefix
    for number, item in enumerate(json_file.expect(parent[field], list, f"{prefix}{field}")):
        origin = f"{prefix}{field}[{number}]"
        yield Row(json_file.expect(item, dict, origin), origin, number)


def answers(question: Row, context: str, origin: str, fix_offsets: bool) -> tuple[Answer, ...] | None:
    if question.get("answers") is None:
        return None
    kept = []
    for item in items(question, "answers"):
        start = item["answer_start"]
        if type(start) is not int:
            raise InputError(f"{origin}: answer_start is not a whole number: {shorten(start)}. Count characters from 0.")
        if start != NO_PLACE:
            kept.append(placed(Answer(item.text("text"), start), context, origin, fix_offsets))
    none = question.get("is_impossible") is True
    if none and kept:
        raise InputError(f"{origin}: is_impossible is true, but there is the answer {shorten(kept[0].text)}. Correct one of them.")
    return tuple(dict.fromkeys(kept)) if kept or none or not question["answers"] else None


def placed(answer: Answer, context: str, origin: str, fix_offsets: bool) -> Answer:
    """The Answer, checked against its context, or moved. Raises InputError if it is not there."""
    if answer.start >= 0 and context.startswith(answer.text, answer.start):
        return answer
    places = [place for place in range(len(context)) if context.startswith(answer.text, place)]
    nearest = min(places, key=lambda place: abs(place - answer.start), default=None)
    if fix_offsets and nearest is not None:
        return answer._replace(start=nearest)
    there = context[answer.start : answer.end] if answer.start >= 0 else ""
    advice = "The context does not have it at all."
    if nearest is not None:
        advice = f"It is at {nearest}: fix the file, or take such answers from there with --fix_offsets."
    raise InputError(
        f"{origin}: the answer {shorten(answer.text)} is not at answer_start={answer.start}, where {shorten(there)} is. {advice}"
    )
