"""Check data before training: lost spans, truncation, duplicates, skewed classes, unknown characters.

run.py lint TASK [the flags of train]        exit code 1: something would silently lower the score
"""

from baselines.cli import task_of
from baselines.cli.argument_parser import existing, parse_train
from baselines.plugins import task_catalog
from baselines.workflows.data_linting import lint


def main(argv: list[str]) -> int:
    name, argv = task_of(argv, "lint", __doc__)
    full_name, task = task_catalog.find(name)
    arguments = parse_train(task, argv, f"run.py lint {full_name}")
    if arguments.flags.test:
        existing(arguments.flags.test, "--test")
    return int(lint(full_name, arguments))
