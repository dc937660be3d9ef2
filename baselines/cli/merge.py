"""Merge the LoRA adapters of a run with their base: an ordinary checkpoint folder.

run.py merge RUN --out DIR
"""

import dataclasses
from pathlib import Path

import tyro

from baselines.cli.argument_parser import parse
from baselines.cli.startup import start_backend
from baselines.errors import InputError
from baselines.experiment.run_folder import RunFolder
from baselines.models.lora import is_adapted


@dataclasses.dataclass(frozen=True)
class Flags:
    """Merge the adapters of a run."""

    run: tyro.conf.Positional[str]
    """Run folder of `train --lora`."""
    out: str = tyro.MISSING
    """Checkpoint folder to write."""
    quiet: bool = False
    """Print results only."""


def main(argv: list[str]) -> None:
    flags = parse(Flags, argv, "run.py merge")
    run = RunFolder.open(flags.run)
    if not is_adapted(run.require_best()):
        raise InputError(f"{run}: the run has no adapters. Its checkpoint is {run.best}.")
    RunFolder.require_unused(flags.out)
    start_backend()
    from baselines.runtime.progress import Display
    from baselines.task_models.loading import open_run

    with Display(flags.quiet) as display:
        task_model, _ = open_run(run, None, display)
        task_model.save_checkpoint(Path(flags.out))
        display.result(f"merged: {flags.out}")
