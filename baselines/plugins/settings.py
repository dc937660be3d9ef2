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
    """Takes `--part.field VALUE` (or =VALUE) out of a command line.

    Returns:
        The other words, and {"part.field": text}.

    Raises:
        InputError: A value is missing.
    """
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
    """Creates a part with its settings.

    Args:
        kind: Dataclass of the part.
        name: Name of the part, such as "fgm".
        settings: Values by "part.field"; those of other parts are ignored.

    Returns:
        An instance of `kind`.

    Raises:
        InputError: A setting is unknown, or its value is wrong.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    given = {key.partition(".")[2]: value for key, value in settings.items() if key.partition(".")[0] == name}
    for field in given:
        if field not in fields:
            raise InputError(f"--{name}.{excerpt(field)}: {name} has no such setting. {nearest(field, fields)}")
    return kind(**{field: fit_setting(fields[field], _read(fields[field], value), f"--{name}") for field, value in given.items()})


def check_chosen(settings: Iterable[str], chosen: Iterable[str]) -> None:
    """Raises InputError for a setting of a part that the recipe does not use, because it would have no effect."""
    for key in settings:
        part = key.partition(".")[0]
        if part not in chosen:
            raise InputError(
                f"--{excerpt(key)}: this run does not use {excerpt(part)}, but {', '.join(sorted(chosen))}. Choose it with "
                "--strategies, --optimizer or --loss, or leave out the setting."
            )


def ranges(part: object, **limits: tuple[float, float | None]) -> None:
    """Raises InputError if a field of `part` is out of its range (low, high or None); for a part's __post_init__."""
    for field, (low, high) in limits.items():
        value = getattr(part, field)
        if not (value >= low and (high is None or value <= high)):
            bound = f"at least {low}" if high is None else f"from {low} to {high}"
            raise InputError(f"{flag(part, field)}: expected a number, {bound}. Received: {value}")


def positive(part: object, *fields: str) -> None:
    """Raises InputError if a field of `part` is not above 0; for a part's __post_init__."""
    for field in fields:
        value = getattr(part, field)
        if not value > 0:
            raise InputError(f"{flag(part, field)}: expected a number above 0. Received: {value}")


def flag(part: object, field: str) -> str:
    """The flag of a field of a part. A part has the name of its file."""
    return f"--{type(part).__module__.rpartition('.')[2]}.{field}"


def describe_settings(kind: type) -> list[tuple[str, str | None, str]]:
    """[(name, default as typed, docstring)] of the fields of a part; the default is None if a value is required."""
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


def fit_setting(field: dataclasses.Field, value: object, origin: str) -> object:
    """Converts a YAML value to the type of a dataclass field: 2e-5, which YAML reads as text, becomes a float.

    Args:
        field: Field that the value is for.
        value: Value from YAML or JSON.
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
    raise InputError(f"{origin}: {field.name}: expected {name}. Received: {shorten(value)}")


def shorten(value: object) -> str:
    """The repr of a value of any size, short enough for a message."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = 120
    try:
        return short.repr(value)
    except ValueError:                                      # a number with more digits than Python prints
        return f"a {type(value).__name__}"


def _is_text(value):
    """Whether a value is text without null characters and lone surrogates, which no path or flag can hold."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
