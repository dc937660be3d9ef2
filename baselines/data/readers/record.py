"""One record of a data file: a dict that knows its line, so that errors on a field name its place."""

from collections.abc import Iterable, Mapping

from baselines.errors import InputError, excerpt, nearest

SCALAR = str | int | float
"""What a label may be in a file."""


class Row(dict):
    """Fields of one record, as the file has them. `row["field"]` raises InputError where a dict raises KeyError.

    Args:
        fields: {name: value}.
        origin: "train.json:17".
        number: 17, counted from 1.
    """

    def __init__(self, fields: Mapping | Iterable, origin: str, number: int):
        super().__init__(fields)
        self.origin, self.number = origin, number

    def __missing__(self, field):
        raise InputError(
            f"{self.origin}: there is no field {field!r}, only {excerpt(', '.join(map(str, self)) or 'none', 300)}. "
            f"{nearest(field, map(str, self))}"
        )

    def text(self, field: str) -> str:
        """A text that is not empty. Raises InputError otherwise."""
        value = self[field]
        if not isinstance(value, str) or not value.strip():
            raise InputError(
                f"{self.origin}: {field} is not a text, or is empty: {shorten(value)}. "
                "Fill it in or remove the row."
            )
        return value

    def texts(self, field: str) -> list[str]:
        """A list of texts, none of them empty. Raises InputError otherwise."""
        words = self[field]
        if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
            raise InputError(f"{self.origin}: {field} is {words!r}. Write a list of texts, none of them empty.")
        return words

    def label(self, field: str = "label") -> str | None:
        """The label as a str (numbers and true/false are spelled as in JSON), or None where the row has none."""
        value = self.get(field)
        if value is None:
            return None
        if not isinstance(value, SCALAR):
            raise InputError(f"{self.origin}: {field} is not a text or a number: {shorten(value)}. Write one label per row.")
        return spell(value) or None

    def labels(self, field: str, separator: str) -> list[str] | None:
        """The different labels of a list, or of a text with `separator` between them; None where the row has no such field.

        An empty list or text is no label: []. Raises InputError for a list of other things, and for a label in it that the
        separator would cut.
        """
        value = self.get(field)
        if value is None:
            return None
        if not isinstance(value, list):
            value = spell(value).split(separator) if isinstance(value, SCALAR) else [value]
        elif any(isinstance(label, str) and separator in label for label in value):
            raise InputError(
                f"{self.origin}: {field} holds a label with {separator!r}, which separates labels in tables: {shorten(value)}. "
                "Choose another separator with --separator."
            )
        if not all(isinstance(label, SCALAR) for label in value):
            raise InputError(f"{self.origin}: {field} is not a list of texts or numbers: {shorten(self[field])}. "
                             'Write labels as in ["a", "b"].')  # fmt: skip
        return list(dict.fromkeys(label for label in map(spell, value) if label))

    def id(self, *fields: str) -> str | int:
        """The first of `fields` that the row fills, else the row's number: files for training often have no ids."""
        for field in fields:
            value = self.get(field)
            if value is None or value == "":
                continue
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise InputError(f"{self.origin}: {field} is not a text or a whole number: {shorten(value)}. Ids are one of both.")
            return value
        return self.number


def spell(value: str | int | float) -> str:
    """A text or number as a str: true and false as JSON spells them, without spaces around."""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def shorten(value: object, limit: int = 60) -> str:
    """The repr of a value, cut to fit a message."""
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "…"
