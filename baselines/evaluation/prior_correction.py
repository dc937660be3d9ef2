"""--can: predictions adjusted by the training label prior, and the gain on dev."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.evaluation.can import Can
from baselines.evaluation.predictions import Predictions, gather
from baselines.plugins.settings import make, take_settings
from baselines.task import Split

COUNTS = "label_counts.json"


def take_can(argv: list[str]) -> tuple[list[str], Can]:
    """A command line without `--can.FIELD VALUE`, and Can with those settings. Raises InputError for settings without --can."""
    argv, settings = take_settings(argv)
    for key in settings:
        if not key.startswith("can.") or "--can" not in argv:
            raise InputError(f"--{key} is not a setting of --can, or --can is missing. Add --can, or leave the setting out.")
    return argv, make(Can, "can", settings)


class PriorCorrection:
    """Outputs of a classifier -> outputs with the logits of adjusted probabilities; `before` holds the original ones.

    can    Can       prior   float (C,)       note   text -> None, for remarks to the user
    """

    def __init__(self, can: Can, prior: np.ndarray, note: Callable[[str], None]):
        self.can, self.prior, self.note = can, prior, note

    def __call__(self, outputs: dict) -> dict:
        self.before = outputs
        logits = outputs["logits"].astype(np.float64)
        probs = np.exp(logits - logits.max(axis=1, keepdims=True))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            adjusted = self.can(probs / probs.sum(axis=1, keepdims=True), self.prior)
        for warning in caught:
            self.note(str(warning.message))
        with np.errstate(divide="ignore"):
            return {**outputs, "logits": np.log(adjusted)}


def prior_correction(task_model: Any, run: Any, can: Can) -> PriorCorrection:
    """The PriorCorrection of a run's classes. Raises InputError for tasks without classes and runs without label counts."""
    if task_model.task.classes is None:
        raise InputError(f"--can: {task_model.name} is not a task with one class per row. Leave --can out.")
    counts = run.read_label_counts(task_model.task.classes.names)
    if counts is None:
        raise InputError(
            f"{run.path / COUNTS}: the counts of the training labels are missing. Train again: python run.py rerun {run}"
        )
    counts = np.array(counts, np.float64)
    return PriorCorrection(can, counts / counts.sum(), task_model.display.note)


def format_gain(task_model: Any, split: Split, adjust: PriorCorrection, predictions: Predictions) -> str:
    """One sentence about the gain of the PriorCorrection that computed `predictions`."""
    examples, owners = split.examples, split.encoded.example
    plain = Predictions(gather(examples, owners, adjust.before, task_model.task.decode))
    before, after = (task_model.task.metric(split.golds, each.of(examples)) for each in (plain, predictions))
    name = next(iter(before))
    changed = sum(one != other for one, other in zip(plain.of(examples), predictions.of(examples), strict=True))
    difference = after[name] - before[name]
    verdict = f": it loses {-difference:.4f} here" if difference < 0 else ": no gain here" if difference == 0 else ""
    return f"{name} {before[name]:.4f} -> {after[name]:.4f} with CAN ({changed} of {len(examples)} predictions changed){verdict}"
