"""Write, check and zip the files that the leaderboard accepts.

run.py submit TASK --run DIR [--test FILE …]
"""

import dataclasses

from baselines.commands import optional_task
from baselines.flags import existing, parse
from baselines.run_folder import RunFolder
from baselines.startup import load_pipeline


@dataclasses.dataclass(frozen=True)
class Flags:
    """Predict the official test files with a run's best checkpoint; the result is in the run's submission/."""

    run: str
    """Run folder."""
    test: tuple[str, ...] = ()
    """Official test files, by their official names; default: all of them, from datasets/TASK."""
    quiet: bool = False
    """Print the name of submit.zip only."""


def main(argv):
    name, argv = optional_task(argv)
    flags = parse(Flags, argv, "run.py submit TASK")
    run, tests = RunFolder.open(flags.run), [existing(path, "--test") for path in flags.test]

    pipeline = load_pipeline()

    print(pipeline.submit(run, name, tests, flags.quiet))
