"""Data of a task: Example, its class names (Labels, Categories) and the parts of its texts that gold marks (Span)."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from baselines.errors import InputError, excerpt, nearest


@dataclasses.dataclass(frozen=True)
class Example:
    """One item of a data file, with or without its answer.

    id       unique within its file; unchanged from the file (int or str)
    texts    the texts to encode, in the order of the file
    gold     the answer in the task's own words (a label name, spans, a text); None where the file has none, never a placeholder
    scored   False for rows that train and dev leave out on purpose (NLI's "-"); test and predict keep them
    extra    whatever else the task needs (positions, keywords)
    origin   "file:line", for messages
    """

    id: Any
    texts: tuple[str, ...]
    gold: Any = None
    scored: bool = True
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    origin: str = ""


class Labels:
    """Class names in index order. `Labels("no", "yes").id("yes") == 1`; the id of None is None, for test rows."""

    def __init__(self, *names: str):
        if len(set(names)) != len(names):
            raise ValueError(f"Labels: a name is repeated in {names}. Give each name once.")
        self.names = tuple(names)
        self._ids = {name: index for index, name in enumerate(names)}

    def __len__(self):
        return len(self.names)

    def __contains__(self, name):
        return name in self._ids

    def id(self, name: str | None) -> int | None:
        if name is None:
            return None
        if name not in self._ids:
            known = ", ".join(self.names[:20]) + (", …" if len(self.names) > 20 else "")
            advice = nearest(str(name), self.names)
            advice = f" {advice}" if advice.startswith("Did you") else ""
            raise InputError(f"unknown label {name!r}. Use one of {excerpt(known, 500)}.{advice}")
        return self._ids[name]

    def name(self, index: int) -> str:
        return self.names[int(index)]

    def __repr__(self):
        return f"Labels({', '.join(map(repr, self.names))})"


class Categories(Labels):
    """Names of which an example may have any number, such as those of its entities: gold is not one of them."""


class Span(NamedTuple):
    """A part of a text that gold marks: characters [start, end) of example.texts[text_index], and what it is called."""

    text_index: int
    start: int
    end: int
    name: str = ""
