"""CHID's lines and the answers beside them, and FewCLUE's lines. Zheng et al., 2019, arXiv:1906.01265.

{"content": ["…#idiom000378#…", "…"], "candidates": ["一心一意", …]}        train_answer.json: {"#idiom000378#": 4, …}
{"id": 1, "candidates": [7 idioms], "content": "…#idiom#…", "answer": 4}        FewCLUE
"""

import re
from collections.abc import Iterator
from pathlib import Path

from baselines.data.readers import json_file, json_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError

BLANK = re.compile(r"#idiom(?:\d{6})?#")
CANDIDATES, FEWCLUE_CANDIDATES = 10, 7


def read(path: str | Path) -> Iterator[Row]:
    """Yields a Row per line: id, passages (those with blanks), candidates, gold ({blank: number of its candidate} or None)."""
    answers, first_places = read_answers(path), {}
    for row in json_lines.read(path):
        is_fewclue = isinstance(row["content"], str)
        passages = texts(row, "content", [row["content"]] if is_fewclue else row["content"])
        candidates = texts(row, "candidates", row["candidates"])
        blanks = BLANK.findall("".join(passages))
        check_counts(row, blanks, candidates, FEWCLUE_CANDIDATES if is_fewclue else CANDIDATES)
        if is_fewclue:
            gold = None if row.get("answer") is None else {blanks[0]: row["answer"]}
        else:
            gold = official_gold(row, blanks, answers, first_places)
        if gold and not all(type(number) is int and 0 <= number < len(candidates) for number in gold.values()):
            raise InputError(f"{row.origin}: {shorten(gold)} is not the number of a candidate. Use 0 to {len(candidates) - 1}.")
        passages = [passage for passage in passages if BLANK.search(passage)]
        fields = {"id": row.id("id"), "passages": passages, "candidates": candidates, "gold": gold}
        yield Row(fields, row.origin, row.number)


def read_answers(path: str | Path) -> dict[str, int] | None:
    """{blank: number of its candidate} of the file beside `path` (train.json: train_answer.json), or None without one."""
    path = Path(path)
    beside = path.with_name(path.name.replace(".json", "_answer.json", 1))
    return json_file.expect(json_file.read(beside), dict, beside.name) if beside.is_file() else None


def texts(row: Row, field: str, values: object) -> list[str]:
    """A list of texts that are not empty. Raises InputError otherwise."""
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise InputError(f"{row.origin}: {field} holds something else than texts, or an empty one: {shorten(values)}. Fill it in.")
    return values


def check_counts(row: Row, blanks: list[str], candidates: list[str], expected: int) -> None:
    """Raises InputError unless there are as many different candidates as expected, and a blank or more for them."""
    if len(candidates) != expected or len(set(candidates)) != expected:
        raise InputError(f"{row.origin}: {len(set(candidates))} different candidates: {shorten(candidates, 200)}. "
                         f"The format has {expected}.")  # fmt: skip
    limit = 1 if expected == FEWCLUE_CANDIDATES else expected
    if not 1 <= len(blanks) <= limit:
        allowed = "1" if limit == 1 else f"1 to {limit}"
        raise InputError(f"{row.origin}: {len(blanks)} blanks. The format has {allowed}, such as #idiom000378#.")


def official_gold(row: Row, blanks: list[str], answers: dict | None, first_places: dict[str, str]) -> dict | None:
    """{blank: number} of a line. Raises InputError for a blank that occurs twice in the file or has no answer."""
    for blank in blanks:
        if blank in first_places:
            raise InputError(f"{row.origin}: {blank} is in {first_places[blank]} already. Remove one of the two lines.")
        first_places[blank] = row.origin
        if answers is not None and blank not in answers:
            raise InputError(f"{row.origin}: the answer file has no answer to {blank}. Is it the one of this file?")
    return None if answers is None else {blank: answers[blank] for blank in blanks}
