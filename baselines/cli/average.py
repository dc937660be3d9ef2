"""Average the weights of runs, or of the last epochs of one; the result is a run folder.

run.py average DIR DIR … [--output DIR]        run.py average DIR --last 3 [--output DIR]        (after train --keep_epochs 3)

Only models of one shape that started from the same pretrained weights can be averaged; the scores show whether it helps.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import tyro

from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.errors import InputError
from baselines.experiment.agreeing_runs import open_agreeing_runs
from baselines.experiment.kept_epochs import last_epochs, run_of_checkpoint
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.command_name import command_name


@dataclasses.dataclass(frozen=True)
class Flags:
    """Average weights, and score the average beside each checkpoint alone."""

    sources: tyro.conf.Positional[tuple[str, ...]]
    """Run folders (their best epochs), or checkpoint folders such as a run's epochs/5."""
    last: int = 0
    """Average this many of the last epochs of each run instead of its best."""
    input: str | None = None
    """File with gold labels to score on, in the task's format. Default: the dev file of the runs."""
    output: str | None = None
    """Folder to write; default: runs/TASK/TIME."""
    quiet: bool = False
    """Print the table only."""


def main(argv: list[str]) -> None:
    flags = parse(Flags, argv, "run.py average")
    if flags.last < 0:
        raise InputError(f"--last: expected a number of epochs. Received: {flags.last}")
    file = existing(flags.input, "--input") if flags.input else None
    checkpoints, runs = find(flags.sources, flags.last)

    start_backend()
    from baselines.workflows.averaging import average_checkpoints, average_runs

    if runs:
        command = [command_name(), "average", *argv]
        print(average_runs(checkpoints, runs, flags.output, file, flags.quiet, command)[1], end="")
    else:
        print(average_checkpoints(checkpoints, flags.output))


def find(sources: Sequence[str], last: int) -> tuple[list[Path], list[RunFolder]]:
    """(checkpoint folders, the runs that they belong to). Raises InputError for fewer than two, or runs that do not agree."""
    checkpoints, owners = [], []
    for source in sources:
        path = existing(source, "average")
        run = RunFolder(path) if RunFolder(path).has_recipe() else None
        found = [path] if run is None else last_epochs(run, last) if last else [RunFolder.open(path).require_best()]
        checkpoints += found
        owners += [run or run_of_checkpoint(path)] * len(found)
    if len({path.resolve() for path in checkpoints}) < len(checkpoints):
        raise InputError("average: a checkpoint is listed twice. List each once.")
    if len(checkpoints) < 2:
        raise InputError(f"average: two checkpoints or more are needed, not {len(checkpoints)}. Name more runs, or add --last 3.")
    runs = list({run.path.resolve(): run for run in owners if run}.values())
    if runs and None in owners:
        stranger = checkpoints[owners.index(None)]
        raise InputError(f"average: {stranger} belongs to no run, but {runs[0]} is one. Give checkpoints of runs only, or none.")
    if runs:
        open_agreeing_runs([run.path for run in runs], "average", least=1)
    return checkpoints, runs
