"""Train a task. The run folder keeps the best epoch on dev.

run.py train TASK [flags]        run.py train TASK --config my.yaml [flags]
run.py train --resume runs/clue/tnews/… [--devices all]
"""

import dataclasses

from baselines import losses
from baselines.cli import task_of
from baselines.cli.argument_parser import existing, parse_train, take_option
from baselines.cli.startup import start_backend
from baselines.cli.zero_shot import labels_of
from baselines.errors import InputError, excerpt, nearest
from baselines.experiment.arguments import TrainArguments, check_recipe, train_arguments
from baselines.experiment.input_files import data_file
from baselines.experiment.run_folder import RunFolder
from baselines.models import families
from baselines.models.lora import Lora
from baselines.models.words import model_options
from baselines.plugins import task_catalog
from baselines.plugins.settings import check_chosen, make
from baselines.runtime.command_name import command_name
from baselines.storage.checksums import sha256
from baselines.task import Task
from baselines.task_models import few_labels
from baselines.training import freezing, optimizers, rate_factors, schedule_points, strategies


def main(argv: list[str]) -> None:
    command = [command_name(), "train", *argv]
    argv, resumed = take_option(argv, "--resume")
    if resumed:
        return resume(argv, resumed)
    name, arguments = arguments_of(command)
    if arguments.flags.folds and not arguments.flags.held_out:
        from baselines.cli.cross_validation import cross_validate  # it starts runs by this verb

        return cross_validate(name, arguments, command)

    start_backend(arguments.recipe)
    from baselines.workflows import finetuning

    finetuning.train(name, arguments, command=command)


def arguments_of(command: list[str]) -> tuple[str, TrainArguments]:
    """(full name of the task, TrainArguments) of a command line, checked."""
    name, argv = task_of(command[2:], "train", __doc__)
    name, task = task_catalog.find(name)
    arguments = parse_train(task, argv, f"run.py train {name}")
    arguments = with_words(with_fold(name, task, arguments))
    check_parts(task, arguments)
    if arguments.flags.test:
        existing(arguments.flags.test, "--test")
    return name, arguments.pinned()


def with_words(arguments: TrainArguments) -> TrainArguments:
    """The arguments with the words of a file `--few.words FILE` in its place: a run does not need the file again."""
    given = arguments.settings.get("few.words")
    if not isinstance(given, str) or "=" in given:
        return arguments
    names, words = labels_of((given,))
    pairs = [f"{name}={word}" for name, word in zip(names, words or names, strict=True)]
    return dataclasses.replace(arguments, settings={**arguments.settings, "few.words": pairs})


def with_fold(name: str, task: Task, arguments: TrainArguments, fold: str | None = None) -> TrainArguments:
    """The arguments with the files of an official fold in place of --train and --dev.

    Args:
        name: Full name of the task.
        task: The task.
        arguments: Its arguments.
        fold: The fold; None for that of the flag --fold, if the task has one and it is given.

    Raises:
        InputError: There is no such fold, a file of it is missing, or --train or --dev are given too.
    """
    fold = fold or getattr(arguments.options, "fold", None)
    if fold is None:
        return arguments
    if fold not in task.folds:
        raise InputError(f"--fold {excerpt(fold)!r}: {name} has the folds {', '.join(task.folds)}. {nearest(fold, task.folds)}")
    flags, one_fold = arguments.flags, dataclasses.replace(task, files=task.folds[fold])
    files = {split: (str(data_file(name, one_fold, split, None, flags.demo)),) for split in ("train", "dev")}
    if any(getattr(flags, split) not in (None, path) for split, path in files.items()):
        raise InputError(f"--fold {fold} takes the place of --train and --dev. Leave one of them out.")
    options = dataclasses.replace(arguments.options, fold=fold)
    return dataclasses.replace(arguments, flags=dataclasses.replace(flags, **files), options=options)


def check_parts(task: Task, arguments: TrainArguments) -> None:
    """Checks the parts that a run chooses, before anything is loaded.

    Args:
        task: The task to train.
        arguments: Its arguments.

    Raises:
        InputError: A model, strategy, optimizer, loss or setting does not exist, or lacks what it needs.
    """
    recipe, settings = arguments.recipe, arguments.settings
    known = families.families()
    if families.family_name(recipe.model) not in ("auto", *known):
        advice = nearest(recipe.model, known)
        raise InputError(f"--model: there is no family {excerpt(recipe.model)!r}. {advice}")
    model_options(recipe.model_options)
    if ":" in recipe.schedule:
        schedule_points.parse(recipe.schedule)
    rate_factors.parse(recipe.rate_factors)
    freezing.parse(recipe.freeze)
    strategies.build_strategies(recipe.strategies, settings)
    few_labels.check(task, recipe, settings)
    unlabelled = getattr(arguments.flags, "unlabelled", None)
    strategies.check_strategies(recipe.strategies, task.head, unlabelled, getattr(arguments.flags, "augmented", None))
    if recipe.unlabelled_ratio > 1 and not unlabelled:
        raise InputError(f"--unlabelled_ratio {recipe.unlabelled_ratio}: the run has no unlabeled text. Add --unlabelled FILE.")
    if strategies.uses(recipe.strategies, "teacher") and not isinstance(task, Task):
        raise InputError("--strategies: pretraining has no teacher. Train the model on a task with `run.py distill`.")
    optimizer = make(optimizers.optimizer_class(recipe.optimizer), recipe.optimizer, settings)
    chosen = [*recipe.strategies, recipe.optimizer]
    if recipe.loss != losses.OWN:
        make(losses.loss_class(recipe.loss), recipe.loss, settings)
        chosen.append(recipe.loss)
    if recipe.few:
        chosen.append(few_labels.PART)
    if recipe.lora:
        check_lora(arguments)
        chosen.append("lora")
    check_chosen(settings, chosen)
    if recipe.lazy_embeddings and recipe.accumulate > 1 and optimizer.accumulates:
        raise InputError(
            f"--lazy_embeddings does not work with --accumulate {recipe.accumulate} and --optimizer {recipe.optimizer}, which "
            "keeps no gradients to show which tokens an update has seen. Leave out one of the three."
        )


def check_lora(arguments: TrainArguments) -> None:
    """Raises InputError for what does not go with --lora, or a wrong setting of it."""
    make(Lora, "lora", arguments.settings)
    flags, recipe = arguments.flags, arguments.recipe
    reasons = {
        "--freeze": recipe.freeze != freezing.NONE and "all of the encoder is frozen anyway",
        "--from_scratch": getattr(flags, "from_scratch", False) and "random weights are nothing to adapt",
        "--ignore_mismatched": flags.ignore_mismatched and "weights that the base lacks would never learn",
        "--words": getattr(arguments.options, "words", None) and "embeddings are frozen, and new words would not learn",
        "pretrain": hasattr(flags, "corpus") and "it trains all weights",
    }
    for name, reason in reasons.items():
        if reason:
            raise InputError(f"--lora does not go with {name}: {reason}. Leave out one of them.")


def resume(argv: list[str], folder: str) -> None:
    """Resumes a run with the flags of its recipe.yaml. Only --devices may differ, because no state depends on it."""
    argv, devices = take_option(argv, "--devices")
    run, started = RunFolder(folder), started_with("train", RunFolder(folder))
    run.require_trained("--resume")
    if started:
        name, arguments = arguments_of(started)
    else:
        values = RunFolder.open(folder).read_recipe()
        name, task = task_catalog.find(values.pop("task"))
        arguments = check_recipe(train_arguments(task, values, run.path / "recipe.yaml"))
    if argv and (argv[0].startswith("-") or argv[1:]):
        raise InputError(f"--resume takes no other flag than --devices: a run keeps its own. Leave out {' '.join(argv)}.")
    if devices:
        arguments = dataclasses.replace(arguments, recipe=dataclasses.replace(arguments.recipe, devices=devices))
        check_recipe(arguments)
    if argv and task_catalog.resolve(argv[0], task_catalog.names()) != name:
        raise InputError(f"--resume: {folder} is a run of {name}, not of {argv[0]}. Leave the task out, or name another run.")
    check_data(run)

    start_backend(arguments.recipe)
    from baselines.workflows import finetuning

    finetuning.train(name, arguments, resume=run, command=started or ())


def started_with(verb: str, run: RunFolder) -> list[str] | None:
    """The command line of a run that a kill left without recipe.yaml; None for any other run."""
    command = None if run.has_recipe() else run.read_command()
    return command if command and command[1:2] == [verb] and len(command) > 2 else None


def check_data(run: RunFolder) -> None:
    """Raises InputError if a data file has changed since the run began, because its batches would differ."""
    if not (run.path / "environment.json").exists() and not run.state.exists():
        return                                                          # a kill came first: it starts from the beginning
    for split, data in run.read_data().items():
        if sha256(existing(data["file"], f"--{split} of {run}")) != data["sha256"]:
            raise InputError(
                f"{data['file']} has changed since {run} was started. Restore it, or start again: python run.py rerun {run}"
            )
