"""What tasks on users' own files share: the columns that flags name, the classes that a training file shows."""

import re

from baselines.data.readers import rows
from baselines.errors import InputError, nearest
from baselines.task import Labels

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
MOST_CLASSES = 1000


def check_columns(row, columns, flags):
    """Raises InputError for a column that one of `flags` names and the first row does not have, naming the flag to set."""
    for flag in flags:
        name = getattr(columns, flag)
        if name and name not in row:
            raise missing_column(flag, columns, row)


def missing_column(flag, columns, row):
    """The InputError for a column that a flag names and the file does not have."""
    name = getattr(columns, flag)
    return InputError(
        f"{row.origin}: expected a column {name!r} for --{flag}. Received the columns {', '.join(row)}. "
        f"{nearest(name, row)} Name yours with --{flag}."
    )


def discover(path, columns, header=None):
    """The Labels of a training file; see rows.read for `header`. Raises InputError unless it has 2 to 1000 classes."""
    found = set()
    for number, row in enumerate(rows.read(path, header)):
        if number == 0 and columns.label not in row:
            raise missing_column("label", columns, row)
        found.add(row.label(columns.label))
    names = sort_names(found - {None})
    if not 2 <= len(names) <= MOST_CLASSES:
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "") or "none"
        raise InputError(
            f"{path}: expected 2 to {MOST_CLASSES} classes in column {columns.label!r}. Received {len(names)}: {shown}."
            " Is it the column of the class? Name it with --label."
        )
    return Labels(*names)


def sort_names(names):
    """Names in an order that does not depend on that of the file: by value if all are numbers, else by code point."""
    if all(NUMBER.fullmatch(name) for name in names):
        return sorted(names, key=lambda name: (float(name), name))
    return sorted(names)
