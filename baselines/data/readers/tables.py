"""Tables: .csv quoted as spreadsheets quote, and tab-separated .tsv or .txt; columns are named by the first line.

title,body,category
"好吃,不贵",下次还来,餐饮
"""

import csv
import re
from pathlib import Path

from baselines.data.readers import text_lines
from baselines.data.readers.record import Row
from baselines.errors import InputError

QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read(path, columns=None):
    """Yield a Row of str per record, in the file's order; blank lines are skipped.

    columns  names for a file without a header line (a first line that holds these names is taken as a header all the
             same); None: the first line names them.
    Raises InputError, naming the line, for records with too few or too many cells, for a quote that is not closed, for
    repeated or empty names of columns, and for a file without records.
    """
    path = Path(path)
    records = csv_records(path) if path.name.lower().removesuffix(".gz").endswith(".csv") else tab_records(path)
    rows, named = 0, False
    for number, cells in records:
        if not any(cells):
            continue
        if not rows and not named and (columns is None or sorted(cells) == sorted(columns)):
            columns, named = header(cells, f"{path.name}:{number}"), True
            continue
        if len(cells) != len(columns):
            raise InputError(
                f"{path.name}:{number}: expected {len(columns)} cells ({', '.join(columns)}). Received: {len(cells)}. "
                "Is a separator or a quote missing or left over?"
            )
        rows += 1
        yield Row(zip(columns, cells, strict=True), f"{path.name}:{number}", number)
    if not rows:
        received = "only a header" if named else "an empty file"
        raise InputError(f"{path}: expected a line per example. Received: {received}.")


def header(cells, origin):
    """The names of the columns. Raises InputError for an empty or repeated one."""
    names = [cell.strip() for cell in cells]
    if "" in names or len(set(names)) != len(names):
        received = ", ".join(map(repr, names))
        raise InputError(f"{origin}: expected a header of different column names. Received: {received}.")
    return names


def csv_records(path):
    """Yield (first line's number, cells) of a file in RFC 4180's quoting; quoted cells may hold line ends."""
    csv.field_size_limit(2**31 - 1)                                    # the default refuses long documents
    reader = csv.reader((line + "\n" for _, line in text_lines.read(path)), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{path.name}:{number}: expected cells quoted as spreadsheets do. Received: {error}. "
                'Is a quote not closed, or not doubled ("") inside a quoted cell?'
            ) from None
        yield number, cells


def tab_records(path):
    """Yield (number, cells): quotes are text, except around a whole cell with inner ones doubled, as csv writers do."""
    for number, line in text_lines.read(path):
        yield number, [cell[1:-1].replace('""', '"') if QUOTED.fullmatch(cell) else cell for cell in line.split("\t")]
