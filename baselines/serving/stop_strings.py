"""Text up to the stop string that is complete first, while it is being written: what may be the beginning of one is held back."""

from collections.abc import Iterable


class StopStrings:
    """`add` returns the text that certainly comes before any stop string; then `stopped` says whether one was found.

    >>> text = StopStrings(["再见"])
    >>> text.add("明天再"), text.add("说，再见了"), text.stopped
    ('明天', '再说，', True)
    """

    def __init__(self, stops: Iterable[str] = ()):
        self.stops, self.stopped, self._held = tuple(stops), False, ""

    def add(self, text: str) -> str:
        """Takes further text; returns what is certain now."""
        if self.stopped:
            return ""
        text = self._held + text
        start = first(text, self.stops)
        if start is not None:
            self.stopped, self._held = True, ""
            return text[:start]
        keep = max((overlap(text, stop) for stop in self.stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def finish(self) -> str:
        """What was held back, when nothing follows."""
        held, self._held = self._held, ""
        return held


def first(text: str, stops: tuple[str, ...]) -> int | None:
    """Where the stop string begins that is complete first in `text`, of those that end there together the longest; or None."""
    matches = [(start + len(stop), start) for start, stop in zip(map(text.find, stops), stops, strict=True) if start >= 0]
    return min(matches)[1] if matches else None


def overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that `stop` begins with, short of all of `stop`."""
    return next((size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0)
