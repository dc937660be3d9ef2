"""Readers of the files that an index is built from: knowledge (S, P, O), lines (keys), tsv and jsonl (keys with values).

Files are read in chunks of whole lines. A chunk is split by `bytes.split` and checked by counting tabs; only a chunk with a
malformed line is read line by line.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from baselines.errors import InputError, excerpt, nearest
from baselines.storage.text_files import disk_position, input_errors, open_text, parse_json

CHUNK_BYTES = 1 << 22
MAX_QUOTED = 60


@dataclasses.dataclass(frozen=True)
class KeyRows:
    """Keys and values of some lines: one key and any number of values each.

    Args:
        names: list of bytes.
        predicates: list of bytes; None where a key is a name alone.
        values: bytes: each value, and a line end behind it.
        lengths: int64 (rows,): bytes of all values of a row, including line ends.
    """

    names: list
    predicates: list | None
    values: bytes
    lengths: np.ndarray


class Lines:
    """The lines of a file and their numbers.

    Args:
        path: The file, also gzipped.
        skip: Skip malformed lines and count them in `skipped`; otherwise the first one raises InputError.
        report: Called with (stage, done, total), or None.
    """

    def __init__(self, path: str | Path, skip: bool = False, report: Callable | None = None):
        self.path, self.skip, self.skipped, self.report = Path(path), skip, 0, report

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """Yields (number of its first line, bytes that end with a line end)."""
        number, rest = 1, b""
        with open_text(self.path) as file, input_errors(self.path):
            while block := file.read(CHUNK_BYTES):
                if self.report:
                    self.report("reading", disk_position(file), self.path.stat().st_size)
                head, newline, tail = block.rpartition(b"\n")
                if not newline:
                    rest += block
                    continue
                chunk, rest = clean(rest + head + newline), tail
                yield number, chunk
                number += chunk.count(b"\n")
        if rest:
            yield number, clean(rest + b"\n")

    def bad(self, number: int, expected: str, received: bytes | str) -> None:
        """Counts a malformed line, or raises InputError for it."""
        if not self.skip:
            if isinstance(received, bytes):
                received = f"{received[: 4 * MAX_QUOTED].decode(errors='replace')[:MAX_QUOTED]!r}"
            raise InputError(f"{self.path}:{number}: expected {expected}, but got {received}. "
                             "Correct the line, or skip all such lines with --skip_bad_lines.")  # fmt: skip
        self.skipped += 1


def clean(chunk: bytes) -> bytes:
    return chunk.replace(b"\r\n", b"\n")


def knowledge(lines: Lines) -> Iterator[KeyRows]:
    """Yields KeyRows of lines `subject TAB predicate TAB object`."""
    for number, chunk in lines.chunks():
        if not _fits(chunk):
            chunk = b"".join(_usable(lines, number, chunk))
        if chunk:
            fields = chunk.replace(b"\n", b"\t").split(b"\t")
            fields.pop()
            tabs, ends = _places(chunk, b"\t"), _places(chunk, b"\n")
            yield KeyRows(fields[0::3], fields[1::3], b"\n".join(fields[2::3]) + b"\n", ends - tabs[1::2])


def keys(lines: Lines) -> Iterator[KeyRows]:
    """Yields KeyRows of lines that are keys without a value."""
    for number, chunk in lines.chunks():
        result = [line for _, line in _texts(lines, number, chunk)]
        yield KeyRows(result, None, b"", np.zeros(len(result), np.int64))


def tab_separated(lines: Lines) -> Iterator[KeyRows]:
    """Yields KeyRows of lines `key TAB value`, or several values, each behind a tab."""
    for number, chunk in lines.chunks():
        names, values = [], []
        for line_number, line in _texts(lines, number, chunk):
            name, tab, rest = line.partition(b"\t")
            if not tab or not name.strip():
                lines.bad(line_number, "a key, a tab and a value", line)
                continue
            names.append(name)
            values.append(rest.replace(b"\t", b"\n") + b"\n")
        yield KeyRows(names, None, b"".join(values), np.fromiter(map(len, values), np.int64, len(values)))


def json_lines(lines: Lines) -> Iterator[KeyRows]:
    """Yields KeyRows of lines {"key": text, "value": anything}; a list gives several values, and no "value" none."""
    for number, chunk in lines.chunks():
        names, values = [], []
        for line_number, line in _texts(lines, number, chunk):
            row = _json_row(line)
            if row is None:
                lines.bad(line_number, 'an object such as {"key": "a text", "value": 1}', line)
                continue
            result = row.get("value", [])
            names.append(row["key"].encode())
            values.append(b"".join(_json(value) + b"\n" for value in (result if isinstance(result, list) else [result])))
        yield KeyRows(names, None, b"".join(values), np.fromiter(map(len, values), np.int64, len(values)))


FORMATS = {"knowledge": knowledge, "lines": keys, "tsv": tab_separated, "jsonl": json_lines}


def key_reader(name: str) -> Callable:
    """A function of Lines that yields KeyRows. Raises InputError for an unknown format."""
    if name not in FORMATS:
        raise InputError(f"--format: there is no format {excerpt(name)!r}. {nearest(str(name), FORMATS)}")
    return FORMATS[name]


def _places(chunk, character):
    return np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord(character))


def _fits(chunk):
    """Whether each line has three columns, the first two not empty, and all is UTF-8."""
    tabs, ends = _places(chunk, b"\t"), _places(chunk, b"\n")
    if len(tabs) != 2 * len(ends):
        return False
    starts = np.concatenate([[0], ends[:-1] + 1])
    first, second = tabs[0::2], tabs[1::2]
    return bool(np.all((starts < first) & (first + 1 < second) & (second < ends))) and _is_text(chunk)


def _is_text(raw):
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _texts(lines, number, chunk):
    """(number, bytes) of each line of a chunk that is UTF-8 and not blank."""
    all_text = _is_text(chunk)
    for line_number, line in enumerate(chunk.split(b"\n")[:-1], start=number):
        if not all_text and not _is_text(line):
            lines.bad(line_number, "UTF-8", line)
        elif line and not line.isspace():
            yield line_number, line


def _usable(lines, number, chunk):
    """Yields the good lines of a chunk of S, P, O."""
    for line_number, line in _texts(lines, number, chunk):
        columns = line.split(b"\t")
        if len(columns) != 3:
            lines.bad(line_number, "subject, predicate and object with a tab between them", _counted(line, len(columns)))
        elif not columns[0] or not columns[1]:
            lines.bad(line_number, "a subject and a predicate that are not empty", line)
        else:
            yield line + b"\n"


def _counted(line, columns):
    return f"{columns} column{'s' * (columns > 1)}: {line[: 4 * MAX_QUOTED].decode(errors='replace')[:MAX_QUOTED]!r}"


def _json_row(line):
    try:
        row = parse_json(line.decode())
    except ValueError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("key"), str) and row["key"].strip() else None


def _json(value):
    return json.dumps(value, ensure_ascii=False).encode()
