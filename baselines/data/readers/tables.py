"""Tables: .csv quoted as spreadsheets quote, and tab-separated .tsv or .txt; columns are named by the first line.

title,body,category
"好吃,不贵",下次还来,餐饮

Columns without a name are left out: the row numbers that pandas writes before the others, the empty ones that Excel leaves behind.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from baselines.data.readers import text_lines
from baselines.data.readers.notes import note_once
from baselines.data.readers.record import Row
from baselines.errors import InputError
from baselines.storage.text_files import text_name

QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read(path: str | Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """Yields a Row of str per record, in the file's order; blank lines are skipped.

    Args:
        path: a table or its .gz.
        columns: names for a file without a header line (a first line that holds these names is taken as a header all the same);
            None: the first line names them.

    Raises:
        InputError: with the line, for records with too few or too many cells, a quote that is not closed, repeated names of
            columns, a column without a name between or behind the others that is not empty; and for a file without records.
    """
    path = Path(path)
    records = csv_records(path) if text_name(path).endswith(".csv") else tab_records(path)
    count, header = 0, None
    for number, cells in records:
        if not any(cells):
            continue
        origin = f"{path.name}:{number}"
        if not count and header is None and (columns is None or sorted(filter(None, cells)) == sorted(columns)):
            header = Header(cells, path, origin)
            continue
        header = header or Header(columns, path, origin)
        count += 1
        yield Row(zip(header.names, header.fit(cells, origin), strict=True), origin, number)
    if not count:
        raise InputError(f"{path} {'is empty' if header is None else 'holds only a header'}. It needs a line per example.")


class Header:
    """The columns of a table: `names` of those that have one.

    Raises InputError for an empty name between others, and for a repeated one.
    """

    def __init__(self, cells: Sequence[str], path: Path, origin: str):
        stripped = [cell.strip() for cell in cells]
        self.path = path
        self.first = next((place for place, name in enumerate(stripped) if name), None)
        if self.first is None:
            raise InputError(f"{origin}: the header has no names. Name the columns in the first line.")
        self.names = stripped[self.first :]
        while not self.names[-1]:
            self.names.pop()
        self.behind = len(stripped) - self.first - len(self.names)
        if "" in self.names or len(set(self.names)) != len(self.names):
            received = ", ".join(map(repr, self.names))
            raise InputError(f"{origin}: the header needs different names of columns, not {received}. Name each of them.")
        if self.first:
            note_once(f"{path}: the column before {self.names[0]!r} has no name (row numbers?) and is left out.")
        if self.behind:
            self._note_empty()

    def fit(self, cells: list[str], origin: str) -> list[str]:
        """The cells of a record below the names. Raises InputError where their number is another."""
        named, behind = cells[self.first : self.first + len(self.names)], cells[self.first + len(self.names) :]
        if len(named) < len(self.names) or any(behind):
            if any(behind) and len(behind) <= self.behind:
                raise InputError(f"{origin}: {behind} in a column without a name. Name it in the header, or empty it.")
            raise InputError(f"{origin}: {len(cells)} cells, but {self.first + len(self.names)} columns ({', '.join(self.names)}). "
                             "Is a separator or a quote missing or left over?")  # fmt: skip
        if behind:
            self._note_empty()
        return named

    def _note_empty(self):
        note_once(f"{self.path}: empty columns without a name behind {self.names[-1]!r} are left out.")


def csv_records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yields (first line's number, cells) of a file in RFC 4180's quoting; quoted cells may hold line ends."""
    csv.field_size_limit(2**31 - 1)                                    # the default refuses long documents
    reader = csv.reader((line + "\n" for _, line in text_lines.read(path)), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{path.name}:{number}: not quoted as spreadsheets quote: {error}. "
                             'Is a quote not closed, or not doubled ("") inside a quoted cell?') from None  # fmt: skip
        yield number, cells


def tab_records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yields (number, cells): quotes are text, except around a whole cell with inner ones doubled, as csv writers do."""
    for number, line in text_lines.read(path):
        yield number, [cell[1:-1].replace('""', '"') if QUOTED.fullmatch(cell) else cell for cell in line.split("\t")]
