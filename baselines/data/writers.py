"""Rows and predictions as files: JSON lines or tables, as the suffix says, written whole or not at all."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.data.readers import any_format
from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_path

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


def write_rows(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows in the format of the suffix: a table in .csv, .tsv or .txt, else JSON lines; .gz of each.

    Args:
        path: the file, made or replaced in one step; its folder is made too.
        rows: records of the same fields. A value that is no text is JSON in a table, None an empty cell.
    """
    separator = SEPARATORS.get(suffix_of(path))
    _write(path, rows if separator is None else [{name: to_cell(row[name]) for name in row} for row in rows], separator)


def write_predictions(path: str | Path, rows: Sequence[Mapping[str, Any]], to_text: Callable[[Any], str]) -> None:
    """Writes predictions: a .csv or .tsv table, in which `to_text` writes each row's "prediction", else JSON lines; .gz of each."""
    separator = SEPARATORS.get(suffix_of(path)) if suffix_of(path) != ".txt" else None
    _write(path, rows if separator is None else [{**row, "prediction": to_text(row["prediction"])} for row in rows], separator)


def require_format(path: str | Path) -> None:
    """Raises InputError unless the suffix of a file to write names a format that readers know."""
    known = any_format.JSON_LINES + any_format.TABLES
    if suffix_of(path) not in known:
        raise InputError(f"{path} has an unknown format. End its name in one of {' '.join(known)}, or .gz after it.")


def suffix_of(path: str | Path) -> str:
    """ ".csv" of "A.CSV.gz"."""
    return Path(Path(path).name.lower().removesuffix(".gz")).suffix


def to_cell(value: Any) -> str:
    """A value of JSON as a cell; texts are as they are."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _write(path, rows, separator):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary, open(temporary, "wb") as raw:
        file = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if path.name.lower().endswith(".gz") else raw
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        if separator is None:
            text.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        elif rows:
            table = csv.DictWriter(text, rows[0].keys(), delimiter=separator, lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        text.detach()                                                   # writes what it holds, and leaves the file open
        if file is not raw:
            file.close()
