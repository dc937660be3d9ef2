"""Settings of the parts that a recipe chooses: `--fgm.epsilon 0.5` is the field `epsilon` of the strategy fgm.

A strategy, an optimizer or a loss is a dataclass: its fields are flags `--NAME.FIELD` and keys "NAME.FIELD" of a YAML file.
"""

import ast
import contextlib
import dataclasses
import inspect
import itertools
import re
import reprlib
import textwrap
from collections.abc import Iterable, Mapping

from baselines.errors import InputError, excerpt, nearest

SETTING = re.compile(r"--([a-z]\w*\.[a-z]\w*)(?:=(.*))?", re.DOTALL)


def take_settings(argv: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """A command line without its `--part.field VALUE` (or =VALUE), and those as {"part.field": text}."""
    rest, settings, words = [], {}, iter(argv)
    for word in words:
        match = SETTING.fullmatch(word)
        if not match:
            rest.append(word)
            continue
        name, value = match.groups()
        value = next(words, None) if value is None else value
        if value is None:
            raise InputError(f"--{name}: a value is missing. Write --{name} VALUE.")
        settings[name] = value
    return rest, settings


def make(kind: type, name: str, settings: Mapping[str, object]) -> object:
    """The dataclass `kind` with the fields that `settings` gives the part `name`. Raises InputError for unknown or unfit ones."""
    fields = {field.name: field for field in dataclasses.fields(kind)}
    given = {key.partition(".")[2]: value for key, value in settings.items() if key.partition(".")[0] == name}
    for field in given:
        if field not in fields:
            raise InputError(f"--{name}.{excerpt(field)}: {name} has no such setting. {nearest(field, fields)}")
    return kind(**{field: fitted(fields[field], _read(fields[field], value), f"--{name}") for field, value in given.items()})


def check_chosen(settings: Iterable[str], chosen: Iterable[str]) -> None:
    """Raises InputError for a setting of a part that the recipe does not choose: it would change nothing."""
    for key in settings:
        part = key.partition(".")[0]
        if part not in chosen:
            raise InputError(
                f"--{excerpt(key)}: this run does not use {excerpt(part)}, but {', '.join(sorted(chosen))}. Choose it with "
                "--strategies, --optimizer or --loss, or leave out the setting."
            )


def ranges(part: object, **limits: tuple[float, float | None]) -> None:
    """Raises InputError where a field of `part` leaves its range (low, high or None); for a part's __post_init__."""
    for field, (low, high) in limits.items():
        value = getattr(part, field)
        if not (value >= low and (high is None or value <= high)):
            bound = f"at least {low}" if high is None else f"from {low} to {high}"
            raise InputError(f"{flag(part, field)}: expected a number, {bound}. Received: {value}")


def positive(part: object, *fields: str) -> None:
    """Raises InputError where a field of `part` is not above 0; for a part's __post_init__."""
    for field in fields:
        value = getattr(part, field)
        if not value > 0:
            raise InputError(f"{flag(part, field)}: expected a number above 0. Received: {value}")


def flag(part: object, field: str) -> str:
    """How a field of a part is typed: a part has the name of its file."""
    return f"--{type(part).__module__.rpartition('.')[2]}.{field}"


def described(kind: type) -> list[tuple[str, str | None, str]]:
    """[(name, default as it is typed, docstring)] of the fields of a part; the default is None where one must be given."""
    documented = {}
    for part in filter(dataclasses.is_dataclass, reversed(kind.__mro__)):
        body = ast.parse(textwrap.dedent(inspect.getsource(part))).body[0].body
        for field, text in itertools.pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                documented[field.target.id] = text.value.value
    fields = sorted(dataclasses.fields(kind), key=lambda field: field.kw_only)         # as they are called
    return [(field.name, _typed(field.default), documented.get(field.name, "")) for field in fields]


def _typed(value):
    """A default as the command line takes it."""
    if value is dataclasses.MISSING:
        return None
    return ",".join(value) or '""' if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else str(value)


def _read(field, value):
    """Text from the command line as YAML would read it."""
    if not isinstance(value, str) or field.type is str:
        return value
    if field.type is bool and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if field.type is int:
        with contextlib.suppress(ValueError):
            return int(value)
    if field.type == tuple[str, ...]:
        return tuple(word for word in value.split(",") if word)
    return value


def fitted(field: dataclasses.Field, value: object, origin: str) -> object:
    """A YAML value as that of a dataclass field: 2e-5, which YAML reads as text, is a float.

    Args:
        field: Field that the value is for.
        value: What YAML or JSON gives.
        origin: Where the value comes from, for messages.

    Raises:
        InputError: The value is not of the field's type.
    """
    if field.type in (float, float | None) and isinstance(value, int | float | str) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, OverflowError):
            return float(value)
    elif field.type == tuple[str, ...] | None and (value is None or _is_text(value)):
        return (value,) if value else None
    elif field.type in (tuple[str, ...], tuple[str, ...] | None):
        if isinstance(value, list | tuple) and all(map(_is_text, value)):
            return tuple(value)
    elif isinstance(value, field.type) and (field.type is bool or not isinstance(value, bool)):
        if not isinstance(value, str) or _is_text(value):
            return value
    lists = {tuple[str, ...]: "a list of names", tuple[str, ...] | None: "a file or a list of files"}
    name = lists.get(field.type) or getattr(field.type, "__name__", field.type)
    raise InputError(f"{origin}: {field.name}: expected {name}. Received: {shortened(value)}")


def shortened(value: object) -> str:
    """The repr of a value that may be of any size, short enough for a message."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 120
    try:
        return short.repr(value)
    except ValueError:                                      # a number of more digits than Python writes
        return f"a {type(value).__name__}"


def _is_text(value):
    """Whether it is text that a path or a flag may be: neither system nor disk takes null characters and lone surrogates."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
