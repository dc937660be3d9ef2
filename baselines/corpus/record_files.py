"""Records of text, JSON-lines and csv files, each with the very bytes that it has in its file; .gz of each.

plain lines: the line is the text; .jsonl, .json: fields of an object on each line; .csv, .tsv: columns named by the first line
"""

import csv
import dataclasses
import unicodedata
from pathlib import Path

from baselines.errors import InputError, nearest
from baselines.storage.text_files import decode, not_utf8, parse_json, read_lines


@dataclasses.dataclass(frozen=True)
class Record:
    """A record: its bytes, line end included, its fields, and its place, such as "a.jsonl:17"."""

    raw: bytes
    fields: dict
    file: int
    line: int

    def text(self, names):
        """The texts of these fields, side by side."""
        return "\t".join(str(self.fields[name]) for name in names)


class Files:
    """Text files of one format, read one after the other.

    paths      files; all plain, all JSON lines or all csv
    skip_bad   leave out records that are not UTF-8, JSON or of another number of cells; else the first raises InputError
    skipped    how many were
    header     the bytes of the first line of a csv, b"" of others
    """

    def __init__(self, paths, skip_bad=False):
        self.paths, self.skip_bad, self.skipped, self.header = [Path(path) for path in paths], skip_bad, 0, b""
        kinds = {kind_of(path) for path in self.paths}
        if len(kinds) != 1:
            raise InputError(f"{self.paths[0]}: expected files of one format. Received: {', '.join(sorted(kinds))}.")
        self.kind = kinds.pop()
        self.columns = None

    def suffix(self):
        return {"lines": ".txt", "jsonl": ".jsonl", "csv": ".csv", "tsv": ".tsv"}[self.kind]

    def origin(self, record):
        return f"{self.paths[record.file].name}:{record.line}"

    def __iter__(self):
        """Yields Records."""
        self.skipped = 0
        for number, path in enumerate(self.paths):
            pieces = enumerate(read_lines(path), start=1)
            if self.kind in ("csv", "tsv"):
                pieces = self._table(path, whole_records(pieces) if self.kind == "csv" else pieces)
            for line, raw in pieces:
                raw = raw if raw.endswith(b"\n") else raw + b"\n"
                try:
                    fields = self._fields(raw, path)
                except ValueError as error:
                    if not self.skip_bad:
                        raise InputError(f"{path.name}:{line}: {error} Fix it or skip it: --skip_bad_lines.") from None
                    self.skipped += 1
                    continue
                if fields is not None:
                    yield Record(raw, fields, number, line)

    def names(self, wanted):
        """The fields that make up the text: `wanted`, names with commas. Raises InputError where the first record lacks one."""
        if self.kind == "lines":
            return ["text"]
        names = [name.strip() for name in wanted.split(",")]
        first = next(iter(self), None)
        for name in names if first else ():
            self.require(first, name, "--text")
        return names

    def require(self, record, name, flag):
        """The value of a field. Raises InputError where the record lacks it."""
        if name not in record.fields:
            received = ", ".join(record.fields)
            raise InputError(f"{flag} {name}: expected a field of {self.origin(record)}. Received: {received}. "
                             f"{nearest(name, record.fields)}")  # fmt: skip
        return record.fields[name]

    def _table(self, path, pieces):
        _, header = next(pieces, (1, b""))
        header = header.rstrip(b"\r\n") + b"\n"
        decode(header, path, 1)
        if self.header not in (b"", header):
            raise InputError(f"{path} has other columns than {self.paths[0]}: {header.decode().strip()}. Convert one of them.")
        try:
            self.header, self.columns = header, self._cells(header)
        except csv.Error as error:
            raise InputError(f"{path.name}:1: the header is no line of csv: {error}. Is a quote not closed?") from None
        return pieces

    def _cells(self, raw):
        text = raw.decode("utf-8").rstrip("\r\n")
        return text.split("\t") if self.kind == "tsv" else next(csv.reader([text], strict=True), [])

    def _fields(self, raw, path):
        """The fields of a record, None of an empty one. Raises ValueError that says what is wrong."""
        try:
            text = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ValueError(not_utf8(raw, error, path)) from None
        if self.kind == "lines":
            return {"text": text}
        if not text.strip():
            return None
        if self.kind == "jsonl":
            try:
                fields = parse_json(text)
            except ValueError as error:
                raise ValueError(f"not a JSON object: {error}.") from None
            if not isinstance(fields, dict):
                raise ValueError(f"not a JSON object but {type(fields).__name__}.")
            return fields
        try:
            cells = self._cells(raw)
        except csv.Error as error:
            raise ValueError(f"not a line of csv: {error}.") from None
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells, but {len(self.columns)} columns.")
        return dict(zip(self.columns, cells, strict=True))


def kind_of(path):
    name = path.name.lower().removesuffix(".gz")
    return next((kind for kind, ends in KINDS.items() if name.endswith(ends)), "lines")


KINDS = {"jsonl": (".jsonl", ".json"), "csv": (".csv",), "tsv": (".tsv",)}


def whole_records(lines):
    """Yields (number of the first line, bytes) of csv records: quoted cells may hold line ends."""
    first, held = 0, b""
    for number, line in lines:
        first, held = (first, held + line) if held else (number, line)
        if held.count(b'"') % 2 == 0:
            yield first, held
            held = b""
    if held:
        yield first, held


def normalised(text):
    """A text without what makes no difference to a reader: NFKC, case, white space, punctuation. The text itself if all is that."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c for c in folded if c.isalnum() or unicodedata.category(c)[0] not in "PZC" and not c.isspace())
    return kept or text.strip()
