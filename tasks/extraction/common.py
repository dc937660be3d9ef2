"""Shared by extraction tasks whose gold is text without places: where it stands, and how rows are read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from baselines.data.readers import json_lines
from baselines.data.readers.record import Row, shorten
from baselines.errors import InputError
from baselines.tokenizers.alignment import Alignment


def source(task: str) -> str:
    """Where the official files come from."""
    return f"Download it from https://www.luge.ai (registration) and put its files into datasets/{task}/"


def occurrences(text: str, mention: str) -> Iterator[int]:
    """Yields the places of a mention in a text, in order."""
    place = text.find(mention)
    while mention and place >= 0:
        yield place
        place = text.find(mention, place + 1)


def locate(alignment: Alignment, mention: str, near: int = 0) -> tuple[int, int] | None:
    """Characters [start, end) of a mention that begins and ends with a token: the occurrence nearest to `near`, or None."""
    places = [(place, place + len(mention)) for place in occurrences(alignment.text, mention)]
    places = [place for place in places if alignment.token_span(*place) is not None]
    return min(places, key=lambda place: abs(place[0] - near), default=None)


def read_rows(path: str | Path, field: str, other_years: Mapping[str, str]) -> Iterator[tuple[Row, str, list | None]]:
    """Yields (row, text, the list in `field`, or None without gold) of JSON lines.

    Args:
        path: The file.
        field: Of the gold.
        other_years: {field that only another contest's files have: what that is, and what to do}.
    """
    for row in json_lines.read(path):
        for name, advice in other_years.items():
            if name in row and field not in row:
                raise InputError(f"{row.origin}: expected {field}. Received: {name}. {advice}")
        gold = row.get(field)
        if gold is not None and not isinstance(gold, list):
            raise InputError(f"{row.origin}: {field} is not a list: {shorten(gold)}. Fix the file.")
        yield row, row.text("text"), gold


def text_of(item: Any, field: str, origin: str) -> str:
    """A text of an object in a list of gold. Raises InputError where it is missing or empty."""
    if not isinstance(item, Mapping):
        raise InputError(f"{origin}: {shorten(item)} is not an object. Fix the file.")
    return Row(item, origin, 0).text(field)
