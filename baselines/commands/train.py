"""Train a task: the best epoch on dev is kept in the run folder.

run.py train TASK [flags]        run.py train TASK --config my.yaml [flags]        run.py train --resume runs/clue/tnews/…
"""

from baselines import catalog
from baselines.commands import task_of
from baselines.commands.list import KINDS
from baselines.environment import sha256
from baselines.errors import InputError, nearest
from baselines.flags import existing, parse_train, take_option, train_arguments
from baselines.run_folder import RunFolder
from baselines.startup import load_pipeline


def main(argv):
    command = ["run.py", "train", *argv]
    argv, resumed = take_option(argv, "--resume")
    if resumed:
        return resume(argv, resumed)
    name, argv = task_of(argv, "train", __doc__)
    full_name, task = catalog.find(name)
    arguments = parse_train(task, argv, f"run.py train {full_name}")
    check_names(arguments.recipe)
    if arguments.flags.test:
        existing(arguments.flags.test, "--test")

    pipeline = load_pipeline()
    pipeline.train(full_name, arguments, command=command)


def check_names(recipe):
    """Raises InputError for a model, strategy or optimizer that `run.py list` does not show, before any work is done."""
    chosen = {"models": [recipe.model], "strategies": recipe.strategies, "optimizers": [recipe.optimizer]}
    for kind, names in chosen.items():
        known = KINDS[kind]()
        for name in names:
            if name not in known and (kind, name) != ("models", "auto"):
                raise InputError(f"expected {kind} that `run.py list {kind}` shows. Received: {name!r}. {nearest(name, known)}")


def resume(argv, folder):
    """Goes on with a run as it was started: its recipe.yaml holds every flag."""
    run = RunFolder.open(folder)
    values = run.read_recipe()
    name = values.pop("task")
    if argv and (argv[0].startswith("-") or argv[1:]):
        raise InputError(f"--resume: expected no other flags, for the run keeps its own. Received: {' '.join(argv)}")
    if argv and catalog.resolve(argv[0], catalog.names()) != name:
        raise InputError(f"--resume {folder}: expected a run of {argv[0]}. Received: a run of {name}.")
    check_data(run)
    arguments = train_arguments(catalog.find(name)[1], values, run.path / "recipe.yaml")

    pipeline = load_pipeline()
    pipeline.train(name, arguments, resume=run)


def check_data(run):
    """Raises InputError if a data file is not what it was when the run began: its batches would be others."""
    for split, data in run.read_json("environment.json")["data"].items():
        if sha256(existing(data["file"], f"--{split} of {run}")) != data["sha256"]:
            raise InputError(
                f"{data['file']}: expected the content that it had when {run} was started. It has changed. "
                f"Start again: python run.py rerun {run}"
            )
