"""The rows of a data file, whatever its format: .json .jsonl are JSON lines, .csv .tsv .txt are tables; .gz of each."""

import itertools
from pathlib import Path

from baselines.data.readers import json_lines, tables
from baselines.errors import InputError

JSON_LINES = (".json", ".jsonl")
TABLES = (".csv", ".tsv", ".txt")


def read(path, columns=None):
    """Yield the Rows of `path`; `columns` names the cells of tables that have no header line (see tables.read).

    Of a tuple of paths, the rows of one after the other.
    """
    if isinstance(path, tuple):
        return itertools.chain.from_iterable(read(each, columns) for each in path)
    suffix = Path(Path(path).name.lower().removesuffix(".gz")).suffix
    if suffix in JSON_LINES:
        return json_lines.read(path)
    if suffix in TABLES:
        return tables.read(path, columns)
    known = " ".join(JSON_LINES + TABLES)
    raise InputError(f"{path}: expected a file that ends in one of {known}, or .gz after it. Rename or convert it.")
