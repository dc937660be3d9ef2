"""metrics.jsonl: one line per reading of the training loss and per dev score."""

import json
import os
from pathlib import Path

from baselines.errors import InputError

KEYS = ("epoch", "step", "split")


class MetricsFile:
    """One JSON object per line with epoch, step, split and plain numbers. Call it with a dict to add a line."""

    def __init__(self, path: Path):
        self.path = path

    def __call__(self, values: dict) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def size(self) -> int:
        """Size of the file in bytes; 0 if it does not exist."""
        return self.path.stat().st_size if self.path.exists() else 0

    def truncate(self, size: int) -> None:
        """Truncates the file to `size` bytes."""
        if self.size() > size:
            os.truncate(self.path, size)

    def read(self) -> list[dict]:
        """All lines, without a last one that a kill truncated.

        Raises:
            InputError: A line is damaged.
        """
        if not self.path.exists():
            return []
        try:
            lines = self.path.read_bytes().decode("utf-8").split("\n")[:-1]
        except UnicodeDecodeError as error:
            raise self._damaged(error.object.count(b"\n", 0, error.start) + 1, "is not UTF-8") from None
        return [self._parsed(number, line) for number, line in enumerate(lines, start=1)]

    def _parsed(self, number, line):
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            raise self._damaged(number, "is not JSON") from None
        if not isinstance(values, dict) or [key for key in KEYS if key not in values]:
            raise self._damaged(number, f"is not an object with {', '.join(KEYS)}")
        for key, value in values.items():
            fits = isinstance(value, str) if key == "split" else isinstance(value, int | float) and not isinstance(value, bool)
            if not fits:
                raise self._damaged(number, f"has no {'text' if key == 'split' else 'number'} under {key!r}")
        return values

    def _damaged(self, number, what):
        return InputError(f"{self.path}:{number}: the line {what}. Delete it, or copy the run folder again.")
