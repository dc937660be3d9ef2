"""Rows and predictions as files: JSON lines or tables, as the suffix says, written whole or not at all."""

import csv
import gzip
import io
import json
from pathlib import Path

from baselines.data.readers import any_format
from baselines.errors import InputError
from baselines.storage.atomic_files import atomic_path, atomic_write


def write_rows(path, found):
    """Writes rows in the format that the suffix of `path` says."""
    path, suffix = Path(path), require_format(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary, open(temporary, "wb") as raw:
        file = gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) if path.name.lower().endswith(".gz") else raw
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        if suffix in any_format.JSON_LINES:
            text.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
        else:
            table = csv.DictWriter(text, found[0].keys(), delimiter="," if suffix == ".csv" else "\t", lineterminator="\n")
            table.writeheader()
            table.writerows({name: cell(value) for name, value in row.items()} for row in found)
        text.detach()                                                   # writes what it holds, and leaves the file open
        if file is not raw:
            file.close()


def require_format(path):
    """The suffix of a file to write, .gz aside. Raises InputError for one of no format."""
    suffix, known = Path(Path(path).name.lower().removesuffix(".gz")).suffix, any_format.JSON_LINES + any_format.TABLES
    if suffix not in known:
        raise InputError(f"{path}: expected a file that ends in one of {' '.join(known)}, or .gz after it. Rename it.")
    return suffix


def cell(value):
    """A value of JSON as a cell; texts are as they are."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write_lines(path, lines, cell=str):
    """Writes predictions as the suffix of `path` says: a .csv or .tsv table, with `cell` of each prediction, else JSON lines."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path, "w") as file:
        if path.suffix in (".csv", ".tsv"):
            table = csv.DictWriter(file, lines[0].keys(), delimiter="\t" if path.suffix == ".tsv" else ",")
            table.writeheader()
            table.writerows({**line, "prediction": cell(line["prediction"])} for line in lines)
        else:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
