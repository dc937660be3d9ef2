"""A file that is one JSON value from its first bracket to its last: SQuAD's layout, C3's list, CHID's answers.

{"#idiom000378#": 4, "#idiom000379#": 0}
"""

from pathlib import Path
from typing import Any

from baselines.data.readers import text_lines
from baselines.data.readers.json_lines import parse
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError, excerpt

KINDS = {dict: "an object", list: "a list", str: "a text"}


def read(path: str | Path) -> Any:
    """The value of the file. Raises InputError with the place where it is no JSON, not UTF-8 or empty."""
    name, lines = Path(path).name, [line for _, line in text_lines.read(path) if line.strip()]
    if not lines:
        raise InputError(f"{path} is empty. It should hold one JSON value.")
    try:
        return parse("\n".join(lines), name, "The file is one JSON value.")
    except InputError:
        if len(lines) > 1 and is_object(lines[0]):
            fields = excerpt(", ".join(parse(lines[0], name)))
            raise InputError(f"{name}: expected one JSON value. Received: JSON lines, with {fields}. Convert the file.") from None
        raise


def is_object(text: str) -> bool:
    """Whether a text is a whole JSON object."""
    try:
        return isinstance(parse(text, ""), dict)
    except InputError:
        return False


def expect(value: Any, kind: type, origin: str) -> Any:
    """`value` if it is a `kind` (dict, list or str), objects as Rows. Raises InputError with `origin` otherwise."""
    if not isinstance(value, kind):
        raise InputError(f"{origin}: {shorten(value)} is not {KINDS[kind]}, as the format has it there. Fix the file.")
    return Row(value, origin, 0) if kind is dict else value
