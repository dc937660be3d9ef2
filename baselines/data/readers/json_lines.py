"""JSON lines (one object per line), the format of CLUE's files; a file that is one JSON array of objects is read too.

{"id": 0, "sentence": "…", "label": "108"}
"""

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from baselines.data.readers import text_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError
from baselines.storage.text_files import parse_json


def read(path: str | Path) -> Iterator[Row]:
    """Yields a Row per object, in the file's order; blank lines are skipped.

    Raises:
        InputError: with the line, where it is not UTF-8, not JSON or not an object; and for a file without objects.
    """
    name = Path(path).name
    lines = ((number, line) for number, line in text_lines.read(path) if line.strip())
    first = next(lines, None)
    if first is None:
        raise InputError(f"{path} is empty. It should hold one JSON object per line.")
    lines = itertools.chain([first], lines)
    if first[1].lstrip().startswith("["):
        yield from read_array(name, lines)
    else:
        for number, line in lines:
            yield to_row(parse(line, f"{name}:{number}"), f"{name}:{number}", number)


def read_array(name: str, lines: Iterable[tuple[int, str]]) -> Iterator[Row]:
    """The objects of the one array that these numbered lines make up; origins count items, "file: item 17"."""
    items = parse("\n".join(line for _, line in lines), name)
    if not items:
        raise InputError(f"{name}: the array is empty. It should hold an object per example.")
    for number, item in enumerate(items, start=1):
        yield to_row(item, f"{name}: item {number}", number)


def parse(text: str, origin: str, advice: str = "Each line holds one object.") -> Any:
    """The value of a JSON text. Raises InputError with `origin`, the reason and the place."""
    try:
        return parse_json(text)
    except json.JSONDecodeError as error:
        at = shorten(text[max(error.pos - 10, 0):error.pos + 20])
        raise InputError(f"{origin}: not JSON at character {error.pos + 1}: {error.msg} (near {at}). {advice}") from None
    except ValueError as error:
        raise InputError(f"{origin}: cannot read this JSON: {error}. {advice}") from None


def to_row(value: Any, origin: str, number: int) -> Row:
    """A parsed value as a Row. Raises InputError if it is no object."""
    if not isinstance(value, dict):
        raise InputError(f"{origin}: {shorten(value)} is not a JSON object. Write each record as {{…}}.")
    return Row(value, origin, number)
