"""Progress output: bars in a terminal, plain lines elsewhere, and only results with --quiet."""

import collections
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from baselines.runtime.command_name import as_typed

SECONDS_BETWEEN_LINES = 15
STEADY_STEPS = 3
"""Steps of a bar, after the first one, before it estimates the time left."""
RECENT_STEPS = 50
"""Steps that the estimate is taken from."""


class Display:
    """Progress of a whole command. `with Display(quiet) as display: for x in display.track(xs, "encoding"): …`

    A terminal shows bars; elsewhere a line is printed every 15 seconds.

    Args:
        quiet: Print results only: no bars, lines or notes.
        stream: Where to print. Default: standard error.
    """

    def __init__(self, quiet: bool = False, stream: TextIO | None = None):
        self.console = Console(file=stream or sys.stderr, highlight=False, soft_wrap=True)
        self.bars = self.console.is_terminal and not quiet
        self.quiet, self._lines, self._log = quiet, [], None
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[text]}")]
        self._progress = Progress(*columns, TimeElapsedColumn(), TextColumn("{task.fields[left]}"), console=self.console)

    def __enter__(self):
        if self.bars:
            self._progress.start()
        return self

    def __exit__(self, *exception):
        if self.bars:
            self._progress.stop()

    def note(self, text: str) -> None:
        """Prints and logs a note on the progress of the work."""
        text = as_typed(text)
        self._keep(text)
        if not self.quiet:
            self.console.print(text, markup=False)

    def result(self, text: str) -> None:
        """Prints and logs a result, even with `quiet`."""
        text = as_typed(text)
        self._keep(text)
        self.console.print(text, markup=False)

    def log_to(self, path: str | Path) -> None:
        """Appends the notes and results so far, and all later ones, to a file, each with its time."""
        self._log, lines, self._lines = path, self._lines, []
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(lines)

    def _keep(self, text):
        gap = "\n" if "\n" in text else "  "                            # tables begin on a line of their own
        self._lines.append(f"{time.strftime('%H:%M:%S')}{gap}{text}\n")
        if self._log:
            self.log_to(self._log)

    def bar(self, label: str, total: int | None, completed: int = 0) -> "Bar":
        """Creates a Bar.

        Args:
            label: Text before the bar.
            total: Number of steps; None if unknown.
            completed: Steps done before.
        """
        return Bar(self, label, total, completed)

    def track(self, iterable: Iterable, label: str, total: int | None = None) -> Iterator:
        """Yields from `iterable` and shows the progress."""
        bar = self.bar(label, total if total is not None else len(iterable))
        try:
            for item in iterable:
                yield item
                bar.advance()
        finally:
            bar.close()


class Bar:
    """One line of progress. `advance` moves it, with a text such as the loss. `total` is None if the end is unknown."""

    def __init__(self, display: Display, label: str, total: int | None, completed: int = 0):
        self.display, self.label, self.total, self.completed = display, label, total, completed
        self.last_shown = self.before = time.monotonic()
        self._recent, self._first_step = collections.deque(maxlen=RECENT_STEPS), True
        fields = {"text": "", "left": ""}
        self.id = display._progress.add_task(label, total=total, completed=completed, **fields) if display.bars else None

    def advance(self, text: str = "", by: int = 1, steady: bool = True) -> None:
        """Moves the bar.

        Args:
            text: Text behind the bar.
            by: Number of steps.
            steady: Whether to estimate the time left from this step; not from one that compiled.
        """
        self.completed += by
        now = time.monotonic()
        if steady and not self._first_step and by > 0:
            self._recent.append((now - self.before, by))
        self.before, self._first_step = now, False
        if self.display.bars:
            if now - self.last_shown > 0.1 or self.completed == self.total:
                self.display._progress.update(self.id, completed=self.completed, text=text, left=self._left())
                self.last_shown = now
        elif not self.display.quiet and now - self.last_shown > SECONDS_BETWEEN_LINES:
            self.display.console.print(f"{self.label} {self._far()}  {text}".rstrip(), markup=False)
            self.last_shown = now

    def say(self, text: str) -> None:
        """Shows a text at once, without moving."""
        if self.display.bars:
            self.display._progress.update(self.id, text=text, left="")
        elif not self.display.quiet:
            self.display.console.print(f"{self.label} {self._far()}  {text}", markup=False)

    def _far(self):
        if self.total is None:
            return str(self.completed)
        return f"{self.completed}/{self.total}  {self._left()}".rstrip()

    def _left(self):
        """The time left, "" before there are STEADY_STEPS to estimate it from."""
        if self.total is None or len(self._recent) < STEADY_STEPS:
            return ""
        seconds, steps = map(sum, zip(*self._recent, strict=True))
        left = seconds / steps * (self.total - self.completed)
        return f"{left:.0f} s left" if left < 100 else f"{left / 60:.0f} min left"

    def close(self) -> None:
        if self.display.bars:
            self.display._progress.remove_task(self.id)


class StageProgress:
    """One bar per stage: `with StageProgress(display) as report: report(stage, done, total)`."""

    def __init__(self, display: Display):
        self._display, self._stage, self._bar = display, None, None

    def __enter__(self):
        return self.report

    def __exit__(self, *exception):
        self._close()

    def report(self, stage: str, done: int, total: int | None) -> None:
        """Shows how much of a stage is done; a new stage gets a new bar."""
        if (stage, total) != self._stage:
            self._close()
            self._stage, self._bar = (stage, total), self._display.bar(stage, total)
        self._bar.advance(by=done - self._bar.completed)

    def _close(self):
        if self._bar:
            self._bar.close()


class TrainingProgress:
    """The progress of a Trainer: a bar with the smoothed loss and rows per second, and a note after each epoch."""

    def __init__(self, display: Display):
        self.display, self.loss, self.rows, self.seconds, self._compiles, self._said = display, None, 0, 0.0, False, False

    def start(self, position: Any, total: int) -> None:
        """Starts the bar at a Position, with the number of updates as the total."""
        self.bar = self.display.bar("training", total, position.updates)
        self.before = time.monotonic()

    def compiling(self) -> None:
        """Reports that the current update is compiled first: in a terminal each time, in plain lines once."""
        self._compiles = True
        if self.display.bars or not self._said:
            self.bar.say("compiling: the first update of each length takes longer")
        self._said = True

    def advance(self, loss: float | None, rows: int) -> None:
        """Moves the bar by an update.

        Args:
            loss: Loss of the update, or None if it is not read back.
            rows: Number of training rows in the update.
        """
        if loss is not None:
            self.loss = loss if self.loss is None else 0.9 * self.loss + 0.1 * loss
        now = time.monotonic()
        if not self._compiles:
            self.rows, self.seconds = self.rows + rows, self.seconds + now - self.before
        texts = [] if self.loss is None else [f"loss {self.loss:.4f}"]
        if self.seconds:
            texts.append(f"{self.rows / self.seconds:.0f} rows/s")
        self.bar.advance("  ".join(texts), steady=not self._compiles)
        self.before, self._compiles = now, False

    def note(self, text: str) -> None:
        self.display.note(text)
