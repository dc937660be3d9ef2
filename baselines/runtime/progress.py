"""What people see while they wait: bars in a terminal, plain lines elsewhere, nothing but results with --quiet."""

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from baselines.runtime.command_name import as_typed

SECONDS_BETWEEN_LINES = 15


class Display:
    """Progress of a whole command. `with Display(quiet) as display: for x in display.track(xs, "encoding"): …`

    bars are for a terminal, elsewhere there is a line every 15 seconds; quiet shows neither, and results but no notes
    """

    def __init__(self, quiet=False, stream=None):
        self.console = Console(file=stream or sys.stderr, highlight=False, soft_wrap=True)
        self.bars = self.console.is_terminal and not quiet
        self.quiet, self._lines, self._log = quiet, [], None
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[text]}")]
        self._progress = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self.console)

    def __enter__(self):
        if self.bars:
            self._progress.start()
        return self

    def __exit__(self, *exception):
        if self.bars:
            self._progress.stop()

    def note(self, text):
        """Tells how the work goes."""
        text = as_typed(text)
        self._keep(text)
        if not self.quiet:
            self.console.print(text, markup=False)

    def result(self, text):
        """Tells what the work was done for."""
        text = as_typed(text)
        self._keep(text)
        self.console.print(text, markup=False)

    def log_to(self, path):
        """Adds the notes and results so far, and all that follow, to the end of a file, each with its time."""
        self._log, lines, self._lines = path, self._lines, []
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(lines)

    def _keep(self, text):
        gap = "\n" if "\n" in text else "  "                            # tables begin on a line of their own
        self._lines.append(f"{time.strftime('%H:%M:%S')}{gap}{text}\n")
        if self._log:
            self.log_to(self._log)

    def bar(self, label, total, completed=0):
        return Bar(self, label, total, completed)

    def track(self, iterable, label, total=None):
        """Yields from `iterable` and shows how far it is."""
        bar = self.bar(label, total if total is not None else len(iterable))
        try:
            for item in iterable:
                yield item
                bar.advance()
        finally:
            bar.close()


class Bar:
    """One line of progress: `advance` moves it, with a text such as the loss. `total` None: nobody knows how far it goes."""

    def __init__(self, display, label, total, completed=0):
        self.display, self.label, self.total, self.completed = display, label, total, completed
        self.started = self.shown = time.monotonic()
        self.first = completed
        self.id = display._progress.add_task(label, total=total, completed=completed, text="") if display.bars else None

    def advance(self, text="", by=1):
        self.completed += by
        now = time.monotonic()
        if self.display.bars:
            if now - self.shown > 0.1 or self.completed == self.total:
                self.display._progress.update(self.id, completed=self.completed, text=text)
                self.shown = now
        elif not self.display.quiet and now - self.shown > SECONDS_BETWEEN_LINES:
            self.display.console.print(f"{self.label} {self._far(now)}  {text}".rstrip(), markup=False)
            self.shown = now

    def _far(self, now):
        if self.total is None:
            return str(self.completed)
        left = (now - self.started) / max(self.completed - self.first, 1) * (self.total - self.completed)
        return f"{self.completed}/{self.total}  {left:.0f} s left"

    def close(self):
        if self.display.bars:
            self.display._progress.remove_task(self.id)


class StageProgress:
    """One bar after the other, of what is reported as (stage, how far, of how much): `with StageProgress(display) as report: …`"""

    def __init__(self, display):
        self._display, self._stage, self._bar = display, None, None

    def __enter__(self):
        return self.report

    def __exit__(self, *exception):
        self._close()

    def report(self, stage, done, total):
        if (stage, total) != self._stage:
            self._close()
            self._stage, self._bar = (stage, total), self._display.bar(stage, total)
        self._bar.advance(by=done - self._bar.completed)

    def _close(self):
        if self._bar:
            self._bar.close()


class TrainingProgress:
    """What a Trainer reports to: a bar with the smoothed loss and rows per second, and a note after each epoch."""

    def __init__(self, display):
        self.display, self.loss, self.rows = display, None, 0

    def start(self, position, total):
        self.bar = self.display.bar("training", total, position.updates)
        self.started = time.monotonic()

    def advance(self, loss, rows):
        if loss is not None:
            self.loss = loss if self.loss is None else 0.9 * self.loss + 0.1 * loss
        self.rows += rows
        rate = self.rows / max(time.monotonic() - self.started, 1e-9)
        self.bar.advance(f"loss {self.loss:.4f}  {rate:.0f} rows/s" if self.loss is not None else f"{rate:.0f} rows/s")

    def note(self, text):
        self.display.note(text)
