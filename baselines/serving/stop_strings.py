"""Cuts streamed text at the first complete stop string. Text that may start a stop string is held back."""

from collections.abc import Iterable


class StopStrings:
    """Finds stop strings in streamed text. `add` returns text before any stop string; `stopped` is true after one.

    >>> text = StopStrings(["再见"])
    >>> text.add("明天再"), text.add("说，再见了"), text.stopped
    ('明天', '再说，', True)
    """

    def __init__(self, stops: Iterable[str] = ()):
        self.stops, self.stopped, self._held = tuple(stops), False, ""

    def add(self, text: str) -> str:
        """Adds text. Returns the text that no stop string can cut any more."""
        if self.stopped:
            return ""
        text = self._held + text
        start = first(text, self.stops)
        if start is not None:
            self.stopped, self._held = True, ""
            return text[:start]
        size = max((overlap(text, stop) for stop in self.stops), default=0)
        self._held = text[len(text) - size :]
        return text[: len(text) - size]

    def finish(self) -> str:
        """Returns the text that was held back, at the end of the stream."""
        rest, self._held = self._held, ""
        return rest


def first(text: str, stops: tuple[str, ...]) -> int | None:
    """The start of the stop string that ends first in `text` (the longest of several), or None."""
    matches = [(start + len(stop), start) for start, stop in zip(map(text.find, stops), stops, strict=True) if start >= 0]
    return min(matches)[1] if matches else None


def overlap(text: str, stop: str) -> int:
    """Length of the longest suffix of `text` that is a proper prefix of `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
