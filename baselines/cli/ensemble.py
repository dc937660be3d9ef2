"""Predict with several runs of one task together: mean of probabilities, or votes of spans.

run.py ensemble DIR DIR … [--weights equal|dev] [--input FILE] [--output DIR]

The result is a folder that evaluate, predict, submit and serve take like a run; it names its members and holds no weights.
"""

import dataclasses

import tyro

from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.errors import InputError, nearest
from baselines.experiment.agreeing_runs import open_agreeing_runs
from baselines.runtime.command_name import command_name

WEIGHTS = ("equal", "dev")


@dataclasses.dataclass(frozen=True)
class Flags:
    """Score runs together, beside each run alone, and keep them as one predictor."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """Run folders of one task, with the same labels. Their models may differ."""
    weights: str = "equal"
    """equal, or dev: greedy selection on the scored file (Caruana et al., 2004)."""
    input: str | None = None
    """File with gold labels to score on, in the task's format. Default: the dev file of the runs."""
    output: str | None = None
    """Folder to write; default: runs/TASK/TIME."""
    devices: str = "one"
    """one, all, or how many devices share the rows of a batch."""
    quiet: bool = False
    """Print the table only."""


def main(argv: list[str]) -> None:
    flags = parse(Flags, argv, "run.py ensemble")
    if flags.weights not in WEIGHTS:
        advice = nearest(flags.weights, WEIGHTS)
        raise InputError(f"--weights: expected one of {', '.join(WEIGHTS)}. Received: {flags.weights}. {advice}")
    runs = open_agreeing_runs(flags.runs, "ensemble")
    file = existing(flags.input, "--input") if flags.input else None

    start_backend()
    from baselines.workflows.ensembling import make_ensemble

    command = [command_name(), "ensemble", *argv]
    _, table = make_ensemble(runs, flags.output, file, flags.weights == "dev", flags.quiet, flags.devices, command)
    print(table, end="")
