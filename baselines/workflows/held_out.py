"""The rows that a run of one fold learns from, and those that are held out to score it."""

from baselines.data.folds import split_folds
from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments
from baselines.task import Split
from baselines.task_models.task_model import TaskModel


def parts_of_fold(task_model: TaskModel, split: Split, arguments: TrainArguments) -> dict[str, Split]:
    """{"train", "dev"} of a run with --folds and --held_out, see data/folds.py.

    Args:
        task_model: The task model, for its classes and display.
        split: The examples of the training file.
        arguments: Arguments of the run.

    Raises:
        InputError: The arguments are those of the ensemble of all folds, or there are fewer examples than folds.
    """
    flags = arguments.flags
    if not flags.held_out:
        raise InputError("The runs of all folds have learned from every row of their training file. Add --input FILE.")
    header = getattr(arguments.options, "columns", ())
    classes, seed = task_model.task.classes, arguments.recipe.seed
    parts = split_folds(split, classes, flags.folds, flags.held_out, seed, flags.group, header)
    learned, scored = len(parts["train"].examples), len(parts["dev"].examples)
    task_model.display.note(f"fold {flags.held_out} of {flags.folds}: {learned} examples to learn from, {scored} held out")
    return parts
