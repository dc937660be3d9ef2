"""Check data before training: lost spans, truncation, duplicates, skewed classes, unknown characters.

run.py lint TASK [the flags of train]        exit code 1: something would silently cost score
"""

from baselines import catalog
from baselines.commands import task_of
from baselines.flags import existing, parse_train
from baselines.lint import lint


def main(argv):
    name, argv = task_of(argv, "lint", __doc__)
    full_name, task = catalog.find(name)
    arguments = parse_train(task, argv, f"run.py lint {full_name}")
    if arguments.flags.test:
        existing(arguments.flags.test, "--test")
    return int(lint(full_name, arguments))
