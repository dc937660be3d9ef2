"""Train a task: the best epoch on dev is kept in the run folder.

run.py train TASK [flags]        run.py train TASK --config my.yaml [flags]        run.py train --resume runs/clue/tnews/…
"""

from baselines import catalog
from baselines.commands import task_of
from baselines.environment import sha256
from baselines.errors import InputError, nearest
from baselines.flags import existing, parse_train, take_option, train_arguments
from baselines.models import families
from baselines.run_folder import RunFolder
from baselines.settings import check_chosen, make
from baselines.startup import load_pipeline
from baselines.training import optimizers, strategies


def main(argv):
    command = ["run.py", "train", *argv]
    argv, resumed = take_option(argv, "--resume")
    if resumed:
        return resume(argv, resumed)
    name, argv = task_of(argv, "train", __doc__)
    full_name, task = catalog.find(name)
    arguments = parse_train(task, argv, f"run.py train {full_name}")
    check_parts(arguments)
    if arguments.flags.test:
        existing(arguments.flags.test, "--test")

    pipeline = load_pipeline()
    pipeline.train(full_name, arguments, command=command)


def check_parts(arguments):
    """Raises InputError for a model, strategy, optimizer or setting that there is not, before any work is done."""
    recipe, settings = arguments.recipe, arguments.settings
    known = families.families()
    if recipe.model not in ("auto", *known):
        advice = nearest(recipe.model, known)
        raise InputError(f"--model: expected auto or one of {', '.join(known)}. Received: {recipe.model!r}. {advice}")
    strategies.build(recipe.strategies, settings)
    make(optimizers.kind(recipe.optimizer), recipe.optimizer, settings)
    check_chosen(settings, [*recipe.strategies, recipe.optimizer])


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
