"""The folder of what was made of several runs: an ensemble or an average. It counts as a run once everything else is written."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from baselines.errors import InputError
from baselines.evaluation.prior_correction import COUNTS
from baselines.experiment.input_files import data_file, each_file
from baselines.experiment.members import Member, write_members
from baselines.experiment.run_folder import RunFolder
from baselines.task_models.loading import arguments_of_run


def write_joint_folder(
    first: RunFolder,
    made_by: str,
    members: Sequence[Member],
    output: str | None = None,
    file: Path | None = None,
    command: Sequence[str] = (),
    fill: Callable[[RunFolder], None] = lambda folder: None,
) -> RunFolder:
    """Writes a run folder with the recipe and labels of a run, and members.json.

    Args:
        first: The run whose recipe and labels it gets.
        made_by: ENSEMBLE or AVERAGE.
        members: What it was made of.
        output: Folder to write; None for a new one under runs/TASK.
        file: Its dev file; None for that of `first`.
        command: Command line, for the record.
        fill: Writes more files into it.

    Returns:
        The folder. recipe.yaml, by which it counts as a run, is written last.
    """
    name, task, arguments = arguments_of_run(first)
    folder = RunFolder.create(output, name)
    changes = {"dev": (str(file),), "folds": 0, "group": None} if file else {}
    flags = dataclasses.replace(arguments.flags, output=str(folder), held_out=0, **changes)
    write_members(folder, made_by, members)
    for file_name in (COUNTS, "labels.json"):
        if (value := first.read_json(file_name)) is not None:
            folder.write_json(file_name, value)
    fill(folder)
    files = {} if flags.folds and not file else each_file({"dev": data_file(name, task, "dev", flags.dev, flags.demo)})
    folder.describe(name, dataclasses.replace(arguments, flags=flags).to_dict(), files, None, command)
    return folder


def common_dev_file(runs: Sequence[RunFolder], file: Path | None) -> Path | tuple[Path, ...]:
    """`file`, or the dev file that all runs were scored on. Raises InputError without either."""
    name, task, arguments = arguments_of_run(runs[0])
    if file:
        return file
    folded = next((run for run in runs if arguments_of_run(run)[2].flags.folds), None)
    if folded:
        raise InputError(f"{folded} is the run of a fold: other folds have learned from its dev rows. Add --input FILE.")
    digests = [[data["sha256"] for split, data in run.read_data().items() if split.startswith("dev")] for run in runs]
    for run, digest in zip(runs, digests, strict=True):
        if digest != digests[0]:
            raise InputError(
                f"{run} was scored on another dev file than {runs[0]}. Add --input FILE, which no run has learned from."
            )
    return data_file(name, task, "dev", arguments.flags.dev, arguments.flags.demo)
