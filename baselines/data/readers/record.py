"""One record of a data file: a dict that knows its line, so that a missing or unfit field is told with its place."""

from baselines.errors import InputError, excerpt, nearest

SCALAR = str | int | float
"""What a label may be in a file."""


class Row(dict):
    """Fields of one record, as the file has them. `row["field"]` raises InputError where a dict raises KeyError.

    origin   "train.json:17"
    number   17, counted from 1
    """

    def __init__(self, fields, origin, number):
        super().__init__(fields)
        self.origin, self.number = origin, number

    def __missing__(self, field):
        raise InputError(
            f"{self.origin}: there is no field {field!r}, only {excerpt(', '.join(map(str, self)) or 'none', 300)}. "
            f"{nearest(field, map(str, self))}"
        )

    def text(self, field):
        """A text that is not empty. Raises InputError otherwise."""
        value = self[field]
        if not isinstance(value, str) or not value.strip():
            raise InputError(
                f"{self.origin}: expected {field} to be a text that is not empty. Received: {field}={shorten(value)}. "
                "Fill it in or remove the row."
            )
        return value

    def label(self, field="label"):
        """The label as a str (numbers and true/false are spelt as JSON spells them), or None where the row has none."""
        value = self.get(field)
        if value is None:
            return None
        if not isinstance(value, SCALAR):
            raise InputError(
                f"{self.origin}: expected {field} to be one text or number. Received: {field}={shorten(value)}."
            )
        return spelt(value) or None

    def labels(self, field, separator):
        """The different labels of a list, or of a text with `separator` between them; None where the row has no such field.

        An empty list or text is no label: []. Raises InputError for a list of other things, and for a label in it that the
        separator would cut.
        """
        value = self.get(field)
        if value is None:
            return None
        if not isinstance(value, list):
            value = spelt(value).split(separator) if isinstance(value, SCALAR) else [value]
        elif any(isinstance(label, str) and separator in label for label in value):
            raise InputError(
                f"{self.origin}: expected labels without {separator!r}, which stands between them in tables. "
                f"Received: {field}={shorten(value)}. Name another one with --separator."
            )
        if not all(isinstance(label, SCALAR) for label in value):
            raise InputError(
                f"{self.origin}: expected {field} to be a list of texts or numbers. Received: {field}={shorten(self[field])}."
            )
        return list(dict.fromkeys(label for label in map(spelt, value) if label))

    def id(self, *fields):
        """The first of `fields` that the row fills, else the row's number: files for training often have no ids."""
        for field in fields:
            value = self.get(field)
            if value is None or value == "":
                continue
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise InputError(
                    f"{self.origin}: expected {field} to be text or a whole number. Received: {field}={shorten(value)}."
                )
            return value
        return self.number


def spelt(value):
    """A text or number as a str: true and false as JSON spells them, without spaces around."""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def shorten(value, most=60):
    """The repr of a value, cut to fit a message."""
    shown = repr(value)
    return shown if len(shown) <= most else shown[:most] + "…"
