"""Score a run's best checkpoint: scores, worst examples, confusion matrix.

run.py evaluate TASK --run DIR [--dev FILE]
"""

import dataclasses

from baselines.cli import optional_task
from baselines.cli.argument_parser import parse_for_run
from baselines.cli.startup import start_backend
from baselines.evaluation.prior_correction import take_can
from baselines.experiment.run_folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Flags:
    """Score a run's best checkpoint; tables are written to the run's dev/, or evaluate/."""

    run: str
    """Run folder."""
    dev: str | None = None
    """File with gold to score on; default: the run's own."""
    can: bool = False
    """Adjust unsure predictions by the prior of the training labels, and tell what it gains; --can.k 3 and more: docs/can.md."""
    devices: str = "one"
    """one, all, or how many devices share the rows of a batch."""
    quiet: bool = False
    """Print the scores only."""


def main(argv):
    name, argv = optional_task(argv)
    argv, can = take_can(argv)
    flags, changes = parse_for_run(Flags, argv, "run.py evaluate TASK")
    run = RunFolder.open(flags.run)

    start_backend()
    from baselines.workflows import finetuning

    can = can if flags.can else None
    print(finetuning.shown(finetuning.evaluate(run, name, flags.dev, flags.quiet, can, flags.devices, changes)))
