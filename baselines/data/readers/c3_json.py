"""C3's layout: a JSON list of [texts, questions, id]. Sun et al., 2020, arXiv:1904.09679.

[[["男：你好。", "女：…"], [{"question": "…", "choice": ["…", "…"], "answer": "…"}], "5-1"], …]
"""

from pathlib import Path

from baselines.data.readers import json_file
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError


def read(path, most):
    """Yield a Row per question: id, passages, question, choice (2 to `most` texts), gold (number of the answer, or None).

    A question without an id, as in train and dev, gets that of its document and its number: "5-1-0".
    Raises InputError for an answer that is none of the choices.
    """
    name = Path(path).name
    for number, document in enumerate(json_file.expect(json_file.read(path), list, name)):
        place = f"{name}: document {number}"
        if not isinstance(document, list) or len(document) != 3:
            raise InputError(f"{place}: expected [texts, questions, id]. Received: {shorten(document)}.")
        passages, questions, id = document
        for index, question in enumerate(json_file.expect(questions, list, f"{place}, questions")):
            origin = f"{place} ({id}), question {index}"
            row = Row(json_file.expect(question, dict, origin), origin, index)
            choices = texts(row["choice"], f"{origin}, choice")
            if not 2 <= len(choices) <= most:
                raise InputError(f"{origin}: expected 2 to {most} choices. Received: {len(choices)}.")
            yield Row({
                "id": row.id("id") if "id" in row else f"{id}-{index}",
                "passages": texts(passages, f"{place}, texts"),
                "question": row.text("question"),
                "choice": choices,
                "gold": answer_number(row, choices),
            }, origin, index)


def texts(value, origin):
    """A list of texts that are not empty. Raises InputError otherwise."""
    values = json_file.expect(value, list, origin)
    if not values or not all(isinstance(text, str) and text.strip() for text in values):
        raise InputError(f"{origin}: expected texts that are not empty. Received: {shorten(values)}.")
    return values


def answer_number(row, choices, field="answer"):
    """The number of the choice that `field` repeats, or None where the row has no answer. Raises InputError if none does."""
    answer = row.get(field)
    if answer in (None, ""):
        return None
    if answer not in choices:
        raise InputError(f"{row.origin}: expected {field} to be one of {shorten(choices, 200)}. Received: {shorten(answer)}.")
    return choices.index(answer)
