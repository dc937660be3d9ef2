"""A file that is one JSON value from its first bracket to its last: SQuAD's layout, C3's list, CHID's answers.

{"#idiom000378#": 4, "#idiom000379#": 0}
"""

from pathlib import Path
from typing import Any

from baselines.data.readers import text_lines
from baselines.data.readers.json_lines import parse
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError

KINDS = {dict: "an object", list: "a list", str: "a text"}


def read(path: str | Path) -> Any:
    """The value of the file. Raises InputError with the place where it is no JSON, not UTF-8 or empty."""
    text = "\n".join(line for _, line in text_lines.read(path))
    if not text.strip():
        raise InputError(f"{path} is empty. It should hold one JSON value.")
    return parse(text, Path(path).name, "The file is one JSON value.")


def expect(value: Any, kind: type, origin: str) -> Any:
    """`value` if it is a `kind` (dict, list or str), objects as Rows. Raises InputError with `origin` otherwise."""
    if not isinstance(value, kind):
        raise InputError(f"{origin}: {shorten(value)} is not {KINDS[kind]}, as the format has it there. Fix the file.")
    return Row(value, origin, 0) if kind is dict else value
