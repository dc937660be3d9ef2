"""Records of text, JSON-lines and csv files, each with the very bytes that it has in its file; .gz of each.

plain lines: the line is the text; .jsonl, .json: fields of an object on each line; .csv, .tsv: columns named by the first line
"""

import csv
import dataclasses
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from baselines.errors import InputError, excerpt, nearest
from baselines.storage.text_files import decode, not_utf8, parse_json, read_lines, text_name

KINDS = {"jsonl": (".jsonl", ".json"), "csv": (".csv",), "tsv": (".tsv",)}
SUFFIXES = {"lines": ".txt", "jsonl": ".jsonl", "csv": ".csv", "tsv": ".tsv"}


@dataclasses.dataclass(frozen=True)
class Record:
    """A record: its bytes, line end included, its fields, and its place: the number of its file and its line in it."""

    raw: bytes
    fields: dict
    file: int
    line: int

    def text(self, names: Iterable[str]) -> str:
        """The texts of these fields, side by side."""
        return text_of(self.fields, names)


class RecordFiles:
    """Text files of one format, read one after the other.

    Args:
        paths: files; all plain, all JSON lines or all tables of one kind.
        skip_bad: leave out records that are not UTF-8, not JSON, of another number of cells or without the text; else the first
            one raises InputError.

    Attributes:
        skipped: how many records the last pass left out.
        header: the bytes of the first line of a table, b"" of others.
    """

    def __init__(self, paths: Sequence[str | Path], skip_bad: bool = False):
        self.paths, self.skip_bad, self.skipped, self.header = [Path(path) for path in paths], skip_bad, 0, b""
        kinds = {kind_of(path) for path in self.paths}
        if len(kinds) != 1:
            raise InputError(f"{self.paths[0]} and the others are of different formats: {', '.join(sorted(kinds))}. "
                             "Run the command once per format.")  # fmt: skip
        self.kind = kinds.pop()
        self.columns, self.required = None, ()

    def suffix(self) -> str:
        """The suffix of files of this format."""
        return SUFFIXES[self.kind]

    def origin(self, record: Record) -> str:
        """ "a.jsonl:17": where a record stands."""
        return f"{self.paths[record.file].name}:{record.line}"

    def __iter__(self) -> Iterator[Record]:
        self.skipped = 0
        for number, path in enumerate(self.paths):
            lines = enumerate(read_lines(path), start=1)
            if self.kind in ("csv", "tsv"):
                lines = self._below_header(path, whole_records(lines) if self.kind == "csv" else lines)
            for line, raw in lines:
                raw = raw if raw.endswith(b"\n") else raw + b"\n"
                try:
                    fields = self.fields(raw, path)
                except ValueError as error:
                    if not self.skip_bad:
                        raise InputError(f"{path.name}:{line}: {error} Fix it or skip it: --skip_bad_lines.") from None
                    self.skipped += 1
                    continue
                if fields is not None:
                    yield Record(raw, fields, number, line)

    def text_fields(self, wanted: str) -> list[str]:
        """The fields that make up the text: `wanted`, names with commas. Records need them from now on.

        Raises:
            InputError: where the first record lacks one.
        """
        if self.kind == "lines":
            return ["text"]
        names = [name.strip() for name in wanted.split(",")]
        first = next(iter(self), None)
        for name in names if first else ():
            self.require(first, name, "--text")
        self.required = tuple(names)
        return names

    def require(self, record: Record, name: str, flag: str) -> object:
        """The value of a field. Raises InputError that names the flag where the record lacks it."""
        if name not in record.fields:
            known = excerpt(", ".join(record.fields), 300)
            raise InputError(f"{flag} {name}: no such field in {self.origin(record)}, only {known}. {nearest(name, record.fields)}")
        return record.fields[name]

    def fields(self, raw: bytes, path: Path) -> dict | None:
        """The fields of a record, None of an empty one. Raises ValueError that says what is wrong."""
        try:
            text = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ValueError(not_utf8(raw, error, path)) from None
        if self.kind == "lines":
            return {"text": text}
        if not text.strip():
            return None
        fields = parse_object(text) if self.kind == "jsonl" else self._row(text)
        for name in self.required:
            if name not in fields:
                raise ValueError(f"there is no field {name!r}, only {excerpt(', '.join(fields), 300)}.")
        return fields

    def _below_header(self, path, lines):
        _, header = next(lines, (1, b""))
        header = header.rstrip(b"\r\n") + b"\n"
        text = decode(header, path, 1).rstrip("\n")
        if self.header not in (b"", header):
            raise InputError(f"{path} has other columns than {self.paths[0]}: {text}. Convert one of them.")
        try:
            self.header, self.columns = header, self._cells(text)
        except csv.Error as error:
            raise InputError(f"{path.name}:1: the header is not a line of CSV: {error}. Is a quote not closed?") from None
        return lines

    def _row(self, text):
        try:
            cells = self._cells(text)
        except csv.Error as error:
            raise ValueError(f"not a line of csv: {error}.") from None
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells, but {len(self.columns)} columns.")
        return dict(zip(self.columns, cells, strict=True))

    def _cells(self, text):
        return text.split("\t") if self.kind == "tsv" else next(csv.reader([text], strict=True), [])


def parse_object(text: str) -> dict:
    """The object of a line of JSON. Raises ValueError that says what is wrong."""
    try:
        value = parse_json(text)
    except ValueError as error:
        array = " Of an array, write each object on a line of its own." if text.lstrip().startswith("[") else ""
        raise ValueError(f"not a JSON object: {error}.{array}") from None
    if not isinstance(value, dict):
        raise ValueError(f"not a JSON object but {type(value).__name__}.")
    return value


def text_of(fields: dict, names: Iterable[str]) -> str:
    """The texts of some fields, side by side; null is no text."""
    values = (fields[name] for name in names)
    return "\t".join("" if value is None else str(value) for value in values)


def kind_of(path: Path) -> str:
    """ "lines", "jsonl", "csv" or "tsv", as the suffix says."""
    name = text_name(path)
    return next((kind for kind, ends in KINDS.items() if name.endswith(ends)), "lines")


def whole_records(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Yields (number of the first line, bytes) of csv records: quoted cells may hold line ends."""
    first, held = 0, b""
    for number, line in lines:
        first, held = (first, held + line) if held else (number, line)
        if held.count(b'"') % 2 == 0:
            yield first, held
            held = b""
    if held:
        yield first, held


def normalized(text: str) -> str:
    """A text without what makes no difference to a reader: NFKC, case, white space, punctuation. The text itself if all is that."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c for c in folded if c.isalnum() or unicodedata.category(c)[0] not in "PZC" and not c.isspace())
    return kept or text.strip()
