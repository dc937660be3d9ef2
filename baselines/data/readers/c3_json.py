"""C3's layout: a JSON list of [texts, questions, id]. Sun et al., 2020, arXiv:1904.09679.

[[["男：你好。", "女：…"], [{"question": "…", "choice": ["…", "…"], "answer": "…"}], "5-1"], …]
"""

from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import json_file
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError


def read(path: str | Path, max_choices: int) -> Iterator[Row]:
    """Yields a Row per question: id, passages, question, choice (2 to `max_choices` texts), gold (number of the answer, or None).

    A question without an id, as in train and dev, gets that of its document and its number: "5-1-0".

    Raises:
        InputError: with the place, for another layout, and for an answer that is not among the choices.
    """
    name = Path(path).name
    for number, document in enumerate(json_file.expect(json_file.read(path), list, name)):
        place = f"{name}: document {number}"
        if not isinstance(document, list) or len(document) != 3:
            raise InputError(f"{place}: {shorten(document)} is not [texts, questions, id]. Is it C3's file?")
        passages, questions, id = document
        for index, question in enumerate(json_file.expect(questions, list, f"{place}, questions")):
            origin = f"{place} ({id}), question {index}"
            row = Row(json_file.expect(question, dict, origin), origin, index)
            choices = texts(row["choice"], f"{origin}, choice")
            if not 2 <= len(choices) <= max_choices:
                raise InputError(f"{origin}: {len(choices)} choices. The task takes 2 to {max_choices}.")
            yield Row({
                "id": row.id("id") if "id" in row else f"{id}-{index}",
                "passages": texts(passages, f"{place}, texts"),
                "question": row.text("question"),
                "choice": choices,
                "gold": answer_number(row, choices),
            }, origin, index)


def texts(value: object, origin: str) -> list[str]:
    """A list of texts that are not empty. Raises InputError otherwise."""
    values = json_file.expect(value, list, origin)
    if not values or not all(isinstance(text, str) and text.strip() for text in values):
        raise InputError(f"{origin}: {shorten(values)} holds something else than texts, or an empty one. Fill it in.")
    return values


def answer_number(row: Row, choices: list[str], field: str = "answer") -> int | None:
    """The number of the choice that `field` repeats, or None where the row has no answer. Raises InputError if none does."""
    answer = row.get(field)
    if answer in (None, ""):
        return None
    if answer not in choices:
        raise InputError(f"{row.origin}: {field} {shorten(answer)} is not among {shorten(choices, 200)}. Repeat a choice.")
    return choices.index(answer)
