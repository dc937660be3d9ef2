"""Words of a corpus for the vocabulary: a token, a tab and how often it was counted per line.

表情包	1032
"""

from pathlib import Path

from baselines.data.readers import text_lines
from baselines.errors import InputError

ENOUGH = 10
"""Fewer occurrences are too few to learn a word from."""


def read(path, enough=ENOUGH):
    """The tokens of a file that were counted `enough` times or more, in its order; blank lines are skipped.

    Raises InputError, naming the line, for what is no token without spaces, a tab and a whole number.
    """
    found = {}
    for number, line in text_lines.read(path):
        if line.strip():
            token, _, count = line.partition("\t")
            if not count.strip().isdecimal() or len(token.split()) != 1:
                raise InputError(
                    f"{Path(path).name}:{number}: expected a token without spaces, a tab and its count. Received: {line[:60]!r}."
                )
            if int(count) >= enough:
                found[token.strip()] = None
    return list(found)
