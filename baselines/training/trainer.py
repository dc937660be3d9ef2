"""The training loop: epochs of updates, a dev score after each, the best checkpoint saved, everything resumable."""

import contextlib
import dataclasses
import logging
import math
import signal
import time

import numpy as np

from baselines.errors import InputError
from baselines.training.state import Position, load_state, save_state
from baselines.training.steps import to_float

log = logging.getLogger(__name__)
MAX_ROWS = 8
"""Rows in the message about a loss that is not finite."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM arrived, and the state was saved."""


@dataclasses.dataclass
class Trainer:
    """Trains a model by its compiled steps.

    steps              Steps of the model and optimizer
    recipe             Recipe: epochs, patience, log_steps, save_minutes
    learning_rate      update number -> rate, for metrics.jsonl
    updates_per_epoch  int
    updates            (epoch, skip) -> iterator of the micro-batch lists of an epoch's updates, without the first `skip`
    rows               (epoch, update) -> names of the rows of an update, for messages
    evaluate           () -> {"name": score, …}; the first one is compared, higher is better
    keep_best          () -> None; stores the current weights as the best so far
    record             {…} -> None, a line of metrics.jsonl; `record.size()` and `record.truncate(bytes)` let it be resumed
    state_path         where the state is saved
    progress           an object with start(position, total), compiling(), advance(loss or None, rows), note(text)
    after_epoch        number of a finished epoch -> None, after its dev score, with the weights that were scored; None: nothing
    take_update        (position, micro-batches) -> logs of the update that the position comes to next; None: steps.train
    padding            epoch -> share of its tokens that are padding, for metrics.jsonl; None: not recorded
    """

    model: object
    optimizer: object
    steps: object
    recipe: object
    learning_rate: object
    updates_per_epoch: int
    updates: object
    rows: object
    evaluate: object
    keep_best: object
    record: object
    state_path: object
    progress: object
    padding: object = None
    after_epoch: object = None
    take_update: object = None

    def train(self, resume: bool = False) -> Position:
        """Train to the end.

        Args:
            resume: Continue from the saved state.

        Returns:
            The last Position.

        Raises:
            Interrupted: Ctrl-C or SIGTERM arrived, and the state was saved.
            InputError: The loss is not finite.
        """
        position, self.durations = Position(), []
        if resume:
            position = load_state(self.state_path, self.model, self.optimizer, self.steps.strategy_state.variables)
            self.steps.reset()
            self.record.truncate(position.metrics_size)
        self.progress.start(position, self.recipe.epochs * self.updates_per_epoch)
        with _deferred_interrupts() as interrupted:
            while position.epoch < self.recipe.epochs and not position.finished:
                self._train_epoch(position, interrupted)
                self._score_epoch(position)
                self._save(position)
                if interrupted():
                    raise Interrupted
        return position

    def _train_epoch(self, position, interrupted):
        saved, clock, pending, self.steps.on_compile = time.monotonic(), time.monotonic(), [], self.progress.compiling
        for batches in self.updates(position.epoch, position.update):
            pending.append(self.take_update(position, batches) if self.take_update else self.steps.train(batches))
            position.update += 1
            position.updates += 1
            # Reading the loss of the update before this one lets the device work while the host waits.
            self._read_losses(position, pending, keep=1)
            rows = sum(np.count_nonzero(batch["weights"]) for batch in batches)
            self.progress.advance(position.losses[-1] if position.losses else None, rows)
            if position.updates % self.recipe.log_steps == 0:
                self._log(position, pending)
            now = time.monotonic()
            self.durations.append(now - clock)
            position.seconds, clock = position.seconds + now - clock, now
            stop = interrupted()
            if stop or now - saved > 60 * self.recipe.save_minutes:
                self._read_losses(position, pending)
                self._save(position)
                saved = clock = time.monotonic()
            if stop:
                raise Interrupted
        self.steps.on_compile = None
        self._log(position, pending)

    def _read_losses(self, position, pending, keep=0):
        while len(pending) > keep:
            logs = {name: to_float(value) for name, value in pending.pop(0).items()}
            if not math.isfinite(logs["loss"]):
                raise InputError(self._not_finite(position, len(pending), logs["loss"]))
            position.losses.append(logs["loss"])
            position.gradient_norm = logs["gradient_norm"]
            position.more = {name: value for name, value in logs.items() if name not in ("loss", "gradient_norm")}

    def _not_finite(self, position, later, loss):
        """The message about a loss that is not finite, `later` updates before the current one."""
        rows = self.rows(position.epoch, position.update - later - 1)
        names = ", ".join(map(str, rows[:MAX_ROWS])) + (f" and {len(rows) - MAX_ROWS} more" if len(rows) > MAX_ROWS else "")
        saved = f"The state before it is in {self.state_path}. " if self.state_path.exists() else ""
        return (
            f"update {position.updates - later}: the loss is {loss}, with the rows {names}. {saved}"
            "Try a smaller --learning_rate, --clip_norm 1, or --precision bf16 instead of fp16."
        )

    def _log(self, position, pending):
        self._read_losses(position, pending)
        if not position.losses:
            return
        loss = sum(position.losses) / len(position.losses)
        rate = self.learning_rate(position.updates - 1)
        padding = {"padding": self.padding(position.epoch)} if self.padding else {}
        more = {**padding, **position.more}
        self._record(position, "train", loss=loss, gradient_norm=position.gradient_norm, learning_rate=rate, **more)
        position.losses = []

    def _score_epoch(self, position):
        with self.steps.scored_weights():
            scores = self.evaluate()
            position.epoch, position.update = position.epoch + 1, 0
            score = next(iter(scores.values()))
            self._record(position, "dev", **scores)
            if position.best is None or score > position.best:
                position.best, position.best_epoch, position.stale = score, position.epoch, 0
                self.keep_best()
            else:
                position.stale += 1
            if self.after_epoch:
                self.after_epoch(position.epoch)
        position.finished = bool(self.recipe.patience) and position.stale >= self.recipe.patience
        formatted = "  ".join(f"{name} {value:.4f}" for name, value in scores.items())
        best = "best so far" if position.stale == 0 else f"best: {position.best:.4f} in epoch {position.best_epoch}"
        self.progress.note(f"epoch {position.epoch}/{self.recipe.epochs}  dev {formatted}  ({best})")

    def _record(self, position, split, **values):
        self.record({"epoch": position.epoch, "step": position.updates, "split": split, **values})

    def _save(self, position):
        self.steps.sync()
        position.metrics_size = self.record.size()
        if self.durations:
            position.step_seconds = float(np.median(self.durations))
        save_state(self.state_path, self.model, self.optimizer, position, self.steps.strategy_state.variables)


@contextlib.contextmanager
def _deferred_interrupts():
    """Within, a first Ctrl-C or SIGTERM only answers True to the yielded function; a second Ctrl-C interrupts at once."""
    received = []

    def note(number, frame):
        received.append(number)
        if len(received) == 1:
            log.warning("stopping after this update; the state will be saved (Ctrl-C again: at once, without saving)")
        else:
            raise KeyboardInterrupt

    try:
        previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # only the main thread may: embedded in another program, its own handlers stay
        previous = {}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
