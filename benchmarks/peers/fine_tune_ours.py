"""`run.py train` with a clock: fine_tune_ours.py STARTED FILE, then the words after `run.py`; FILE gets the phases."""

import pathlib
import sys
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from phases import Phases  # noqa: E402

from baselines.cli import main as command_line  # noqa: E402
from baselines.cli import train  # noqa: E402


def watch(phases: Any) -> None:
    """Lets the trainer tell when its first update, the updates of an epoch, and the epoch's scoring are over."""
    from baselines.training.steps import Steps, to_float
    from baselines.training.trainer import Trainer

    first = []

    def update(steps, batches, step=Steps.train):
        if first:
            return step(steps, batches)
        first.append(phases.end("start"))
        logs = step(steps, batches)
        to_float(logs["loss"])                                          # until it is computed
        phases.end("first step")
        return logs

    def then(name, method):
        def call(trainer, *arguments):
            method(trainer, *arguments)
            phases.end(name)

        return call

    Steps.train = update
    Trainer._train_epoch = then("steps", Trainer._train_epoch)
    Trainer._score_epoch = then("scoring", Trainer._score_epoch)
    Trainer._save = then("scoring", Trainer._save)


def main() -> None:
    phases, file = Phases(float(sys.argv[1])), sys.argv[2]
    start_backend = train.start_backend

    def started(*arguments):
        start_backend(*arguments)
        watch(phases)

    train.start_backend = started
    sys.argv[1:] = sys.argv[3:]
    try:
        command_line.start()
    finally:
        phases.write(file)


if __name__ == "__main__":
    main()
