"""CHID's lines and the answers beside them, and FewCLUE's lines. Zheng et al., 2019, arXiv:1906.01265.

{"content": ["…#idiom000378#…", "…"], "candidates": ["一心一意", …]}        train_answer.json: {"#idiom000378#": 4, …}
{"id": 1, "candidates": [7 idioms], "content": "…#idiom#…", "answer": 4}        FewCLUE
"""

import re
from pathlib import Path

from baselines.data.readers import json_file, json_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError

BLANK = re.compile(r"#idiom(?:\d{6})?#")
CANDIDATES, FEWCLUE_CANDIDATES = 10, 7


def read(path):
    """Yield a Row per line: id, passages (those with blanks), candidates, gold ({blank: number of its candidate} or None)."""
    answers, found = read_answers(path), {}
    for row in json_lines.read(path):
        is_fewclue = isinstance(row["content"], str)
        passages = texts(row, "content", [row["content"]] if is_fewclue else row["content"])
        candidates = texts(row, "candidates", row["candidates"])
        blanks = BLANK.findall("".join(passages))
        check_counts(row, blanks, candidates, FEWCLUE_CANDIDATES if is_fewclue else CANDIDATES)
        if is_fewclue:
            gold = None if row.get("answer") is None else {blanks[0]: row["answer"]}
        else:
            gold = official_gold(row, blanks, answers, found)
        if gold and not all(type(number) is int and 0 <= number < len(candidates) for number in gold.values()):
            raise InputError(f"{row.origin}: expected answers from 0 to {len(candidates) - 1}. Received: {shorten(gold)}.")
        passages = [passage for passage in passages if BLANK.search(passage)]
        fields = {"id": row.id("id"), "passages": passages, "candidates": candidates, "gold": gold}
        yield Row(fields, row.origin, row.number)


def read_answers(path):
    """{blank: number of its candidate} of the file beside `path` (train.json: train_answer.json), or None if there is none."""
    path = Path(path)
    beside = path.with_name(path.name.replace(".json", "_answer.json", 1))
    return json_file.expect(json_file.read(beside), dict, beside.name) if beside.is_file() else None


def texts(row, field, values):
    """A list of texts that are not empty. Raises InputError otherwise."""
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise InputError(f"{row.origin}: expected {field} to be texts that are not empty. Received: {shorten(values)}.")
    return values


def check_counts(row, blanks, candidates, expected):
    """Raises InputError unless there are as many different candidates as expected, and a blank or more for them."""
    if len(candidates) != expected or len(set(candidates)) != expected:
        raise InputError(f"{row.origin}: expected {expected} different candidates. Received {len(candidates)}: {candidates}.")
    most = 1 if expected == FEWCLUE_CANDIDATES else expected
    if not 1 <= len(blanks) <= most:
        raise InputError(f"{row.origin}: expected 1 to {most} blanks such as #idiom000378#. Received: {len(blanks)}.")


def official_gold(row, blanks, answers, found):
    """{blank: number} of a line. Raises InputError for a blank that occurs twice in the file or has no answer."""
    for blank in blanks:
        if blank in found:
            raise InputError(f"{row.origin}: expected a blank of its own. Received: {blank}, which {found[blank]} has already.")
        found[blank] = row.origin
        if answers is not None and blank not in answers:
            raise InputError(f"{row.origin}: expected an answer to {blank} in the answer file. Received: none.")
    return None if answers is None else {blank: answers[blank] for blank in blanks}
