"""Write, check and zip the files that the leaderboard accepts, of one task or of all.

run.py submit TASK --run DIR [--test FILE …]        run.py submit clue --runs DIR DIR … [--output submit.zip]
"""

import dataclasses
from pathlib import Path

from baselines.cli import optional_task
from baselines.cli.argument_parser import existing, parse, parse_for_run
from baselines.cli.startup import start_backend
from baselines.errors import InputError
from baselines.evaluation.prior_correction import take_can
from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.workflows.submission_bundle import submit_together


@dataclasses.dataclass(frozen=True)
class Flags:
    """Predict the official test files with a run's best checkpoint; the result is in the run's submission/."""

    run: str
    """Run folder. With --runs DIR DIR … in its place, the runs of several tasks make one submit.zip."""
    test: tuple[str, ...] = ()
    """Official test files, under their official names. Default: all of them, from datasets/TASK."""
    input: tuple[str, ...] = ()
    """The same as --test."""
    can: bool = False
    """Re-normalize low-confidence predictions with the training label prior, and report the gain on dev. See docs/can.md."""
    quiet: bool = False
    """Print the name of submit.zip only."""


@dataclasses.dataclass(frozen=True)
class GroupFlags:
    """Put the submission files of several runs, one per task, into one archive; runs without them are submitted first."""

    runs: tuple[str, ...]
    """Run folders."""
    output: str | None = None
    """Archive to write; default: runs/GROUP/submit.zip."""
    quiet: bool = False
    """Print the name of the archive only."""


def main(argv: list[str]) -> None:
    name, argv = optional_task(argv)
    if any(word.partition("=")[0] == "--runs" for word in argv):
        return submit_group(name, argv)
    argv, can = take_can(argv)
    flags, changes = parse_for_run(Flags, argv, "run.py submit TASK")
    run, tests = RunFolder.open(flags.run), [existing(path, "--test") for path in (*flags.test, *flags.input)]

    start_backend()
    from baselines.workflows import finetuning

    print(finetuning.submit(run, name, tests, flags.quiet, can if flags.can else None, changes))


def submit_group(group: str | None, argv: list[str]) -> None:
    """Puts the submissions of a group's runs into one archive. Raises InputError without a group or runs."""
    flags = parse(GroupFlags, argv, "run.py submit GROUP")
    if group is None:
        raise InputError("submit: --runs needs the group of the tasks. Put it first, as in `run.py submit clue --runs DIR DIR`.")
    if not flags.runs:
        raise InputError("--runs: no run folder is given. Name one or more.")
    target = Path(flags.output or Path("runs") / group / "submit.zip")
    with Display(flags.quiet) as display:
        print(submit_together(group, [RunFolder.open(run) for run in flags.runs], target, display))
