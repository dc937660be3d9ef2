"""The numbered lines of a UTF-8 text file: byte order marks, CRLF and gzip are accepted; anything else is an error."""

from collections.abc import Iterator
from pathlib import Path

from baselines.storage.text_files import decode, read_lines


def read(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yields (number, line) of a text file or its .gz: the number from 1, the line without its end.

    Raises:
        InputError: for a file that is missing, a folder, unreadable, a damaged gzip, or not UTF-8.
    """
    for number, line in enumerate(read_lines(path), start=1):
        yield number, decode(line, path, number).removesuffix("\n").removesuffix("\r")
