"""Errors that a user can fix: one line that says what is wrong and what to do next. The command line exits with 2 on it."""

import difflib
import re
from collections.abc import Iterable

MAX_LINE_LENGTH = 1000
"""Characters of a line of a message; of a longer one the middle is left out, so that the advice at its end stays."""
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters (but the line end), signs that turn the direction of text, and halves of UTF-16 pairs."""


class InputError(ValueError):
    """A mistake in a file, a flag or a checkpoint. Its message is complete: it is printed without a traceback.

    Args:
        message: What is wrong, with its value, and what to do. It is made safe to print, see `printable`.
    """

    def __init__(self, message: str = ""):
        super().__init__(printable(message))


def printable(message: str) -> str:
    r"""Makes a message safe for terminals, logs and web pages, whatever values of users it quotes.

    Args:
        message: Text with any characters, of any length.

    Returns:
        The text with control characters as escapes such as \u001b (which JSON reads too), and without the middle of long lines.

    >>> printable("no key \x1b[31m")
    'no key \\u001b[31m'
    """
    return "\n".join(map(_cut, escaped(str(message)).split("\n")))


def escaped(text: str) -> str:
    """Replaces control characters, all but line ends, by their escapes in JSON."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def excerpt(value: object, limit: int = 60) -> str:
    r"""Quotes a value in a message: in one line, without control characters, cut to `limit` characters.

    >>> excerpt("a\nb" * 40, 4)
    'a\\u000aba…'
    """
    text = str(value)
    quoted = printable(text[:limit]).replace("\n", "\\u000a")
    return f"{quoted}…" if len(text) > limit else quoted


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggests names that exist, for a message about one that does not.

    Args:
        name: The unknown name.
        known: Names that exist.

    Returns:
        A sentence with the nearest neighbors of `name`, or with all known names when none is near.

    >>> nearest("tnew", ["tnews", "wsc"])
    'Did you mean tnews?'
    """
    known = sorted(known)
    close = difflib.get_close_matches(name[:MAX_LINE_LENGTH], known, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {excerpt(' or '.join(close), MAX_LINE_LENGTH)}?"
    return f"Known: {excerpt(', '.join(known), MAX_LINE_LENGTH)}." if known else "There are no names to choose from."


def _cut(line):
    if len(line) <= MAX_LINE_LENGTH:
        return line
    return f"{line[: MAX_LINE_LENGTH * 2 // 3]} … {line[-MAX_LINE_LENGTH // 4 :]}"
