"""`run.py train TASK --folds 5`: a run per fold, each in a process of its own, then their scores and their ensemble."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from baselines.cli.argument_parser import existing
from baselines.cli.child_process import run_in_process, was_stopped
from baselines.cli.planned_run import Planned
from baselines.cli.startup import start_backend
from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments
from baselines.experiment.input_files import checkpoint_folder, data_file, each_file
from baselines.experiment.run_folder import RunFolder
from baselines.plugins import task_catalog
from baselines.runtime.progress import Display


def cross_validate(name: str, arguments: TrainArguments, command: Sequence[str], run: Callable | None = None) -> None:
    """Trains the runs of all folds that are missing, prints their scores, and predicts --test with their ensemble.

    Args:
        name: Full name of the task.
        arguments: Arguments of the cross-validation.
        command: Command line, for the record.
        run: Starts a run: takes the words after `run.py`, returns the exit code. Default: in a process of its own.

    Raises:
        InputError: A file is missing, a fold failed, or a folder holds a run with other options.
    """
    flags, task, run = arguments.flags, task_catalog.find(name)[1], run or run_in_process
    for split, path in each_file({"train": data_file(name, task, "train", flags.train, flags.demo)}).items():
        existing(path, f"--{split}")
    checkpoint_folder(flags, task.demo.checkpoint)
    output = Path(flags.output) if flags.output else Path("runs") / name / "folds"
    plan = []
    for fold in range(1, flags.folds + 1):
        of_fold = dataclasses.replace(arguments, flags=dataclasses.replace(flags, held_out=fold, test=None))
        plan.append(Planned(f"fold-{fold}", arguments.recipe.seed, output, of_fold))
        plan[-1].check()
    with Display(flags.quiet) as display:
        for fold, planned in enumerate(plan, start=1):
            if planned.finished:
                continue
            display.note(f"fold {fold} of {flags.folds}: {planned.folder}")
            code = run(planned.words(name))
            if was_stopped(code):
                raise KeyboardInterrupt("Finished folds are kept. Repeat the command to resume.")
            if not planned.finished:
                raise InputError(f"{planned.folder}: the run failed with exit code {code}. Its message is above.")
        finish(output, [planned.folder for planned in plan], flags.test, display, command)


def finish(output: Path, runs: Sequence[RunFolder], test: str | None, display: Display, command: Sequence[str]) -> None:
    """Joins the folds, prints the table of scores, and predicts a test file with their ensemble."""
    start_backend()
    from baselines.workflows import cross_validation, finetuning

    predictor, table = cross_validation.join_folds(output, runs, display, command)
    print(table, end="")
    if test:
        finetuning.predict(predictor, test, predictor.path / "test" / "predictions.jsonl", quiet=display.quiet)
