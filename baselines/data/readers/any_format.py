"""The rows of a data file, whatever its format: .json .jsonl are JSON lines, .csv .tsv .txt are tables; .gz of each."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from baselines.data.readers import json_lines, tables
from baselines.data.readers.record import Row
from baselines.errors import InputError
from baselines.storage.text_files import text_name

JSON_LINES = (".json", ".jsonl")
TABLES = (".csv", ".tsv", ".txt")


def read(path: str | Path | tuple, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Yields the Rows of a file, or of the files of a tuple, one after the other.

    Args:
        path: a file or a tuple of files, .gz or not.
        columns: names of the cells of tables that have no header line, see `tables.read`.

    Raises:
        InputError: for a suffix of no format, and for what the format's reader refuses.
    """
    if isinstance(path, tuple):
        return itertools.chain.from_iterable(read(each, columns) for each in path)
    suffix = Path(text_name(path)).suffix
    if suffix in JSON_LINES:
        return json_lines.read(path)
    if suffix in TABLES:
        return tables.read(path, columns)
    known = " ".join(JSON_LINES + TABLES)
    raise InputError(f"{path} has an unknown format. Convert or rename it so that it ends in one of {known}, or .gz after it.")
