"""Several runs that are used together: of one task, with the same labels in the same order."""

from collections.abc import Sequence
from pathlib import Path

from baselines.errors import InputError, excerpt
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog


def open_agreeing_runs(folders: Sequence[str | Path], verb: str, task: str | None = None, least: int = 2) -> list[RunFolder]:
    """Opens runs whose predictions can be compared and joined.

    Args:
        folders: Run folders, each with a best checkpoint.
        verb: The verb that needs them, for messages.
        task: Task that they must be runs of; None for the task of the first.
        least: How many are needed.

    Returns:
        The RunFolders, in the given order.

    Raises:
        InputError: There are too few, one is listed twice or has no checkpoint, or two differ in task or labels.
    """
    if len(folders) < least:
        raise InputError(f"{verb}: {least} run folders or more are needed, not {len(folders)}. Write them one after the other.")
    runs, seen = [RunFolder.open(folder) for folder in folders], set()
    for run in runs:
        place = run.path.resolve()
        if place in seen:
            raise InputError(f"{verb}: {run} is listed twice. List each run once.")
        seen.add(place)
        run.require_best()
    names = [task_catalog.find(run.read_recipe()["task"])[0] for run in runs]
    expected = task_catalog.find(task)[0] if task else names[0]
    for run, name in zip(runs, names, strict=True):
        if name != expected:
            raise InputError(f"{verb}: {run} is a run of {name}, not of {expected}. Leave it out, or give runs of one task.")
    first = runs[0].read_labels()
    for run in runs[1:]:
        if (labels := run.read_labels()) != first:
            raise InputError(
                f"{verb}: {run} has the labels {_named(labels)}, but {runs[0]} has {_named(first)}. {_advice(labels, first)}"
            )
    return runs


def _named(labels):
    return "none" if labels is None else excerpt(", ".join(labels), 100)


def _advice(labels, others):
    if labels and others and sorted(labels) == sorted(others):
        return "Their order differs; train the runs on one training file."
    return "Give runs that were trained on the same labels."
