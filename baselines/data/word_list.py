"""Words of a corpus for the vocabulary: a token, a tab and its count per line.

表情包	1032
"""

from pathlib import Path

from baselines.data.readers import text_lines
from baselines.data.readers.record import shorten
from baselines.errors import InputError

MIN_COUNT = 10
"""Fewer occurrences are too few to learn a word from."""
MAX_DIGITS = 18


def read(path: str | Path, min_count: int = MIN_COUNT) -> list[str]:
    """The tokens of a file that were counted `min_count` times or more, in its order; blank lines are skipped.

    Raises:
        InputError: with the line, for something else than a token without spaces, a tab and a whole number.
    """
    tokens = {}
    for number, line in text_lines.read(path):
        if line.strip():
            token, _, count = (part.strip() for part in line.partition("\t"))
            if not count.isdecimal() or len(count) > MAX_DIGITS or len(token.split()) != 1:
                raise InputError(f"{Path(path).name}:{number}: {shorten(line)} is not a token, a tab and a count. "
                                 "Write one such line per word, the token without spaces.")  # fmt: skip
            if int(count) >= min_count:
                tokens[token] = None
    return list(tokens)
