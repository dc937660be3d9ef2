"""A file that is one JSON value from its first bracket to its last: SQuAD's layout, C3's list, CHID's answers.

{"#idiom000378#": 4, "#idiom000379#": 0}
"""

from pathlib import Path

from baselines.data.readers import text_lines
from baselines.data.readers.json_lines import parse
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError

KINDS = {dict: "an object", list: "a list", str: "a text"}


def read(path):
    """The value of the file. Raises InputError, naming the place, for what is no JSON, no UTF-8 or empty."""
    text = "\n".join(line for _, line in text_lines.read(path))
    if not text.strip():
        raise InputError(f"{path}: expected one JSON value. Received: an empty file.")
    return parse(text, Path(path).name, "The file is one JSON value.")


def expect(value, kind, origin):
    """`value` if it is a `kind` (dict, list or str), objects as Rows. Raises InputError with `origin` otherwise."""
    if not isinstance(value, kind):
        raise InputError(f"{origin}: expected {KINDS[kind]}. Received: {shorten(value)}.")
    return Row(value, origin, 0) if kind is dict else value
