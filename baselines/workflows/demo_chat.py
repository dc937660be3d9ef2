"""A run that answers dialogues, trained on the embedded data when there is none yet: for the verbs that show one."""

import time
from pathlib import Path

from baselines.errors import InputError
from baselines.experiment.arguments import check_recipe, train_arguments
from baselines.experiment.input_files import data_file
from baselines.plugins import task_catalog
from baselines.runtime.progress import Display
from baselines.task import Task
from baselines.workflows.finetuning import train

DEMO = Path("runs") / "demo"


def demo_run(display: Display, folder: Path = DEMO) -> Path:
    """The folder of a dialogue run on the embedded data: the latest complete one, else one that is trained now."""
    name, task = dialogue_task()
    prefix = name.replace("/", "-")
    complete = sorted(folder.glob(f"{prefix}-*/summary.json"))
    if complete:
        return complete[-1].parent
    path = folder / time.strftime(f"{prefix}-%Y%m%d-%H%M%S")
    display.note(f"training a small chat model on the embedded data first: {path}")
    arguments = check_recipe(train_arguments(task, {"demo": True, "output": str(path)}))
    train(name, arguments, command=("train", name, "--demo", "--output", str(path)))
    return path


def dialogue_task() -> tuple[str, Task]:
    """(name, Task) of the first task that answers dialogues and has embedded data.

    Raises:
        InputError: If there is none, for the embedded data was removed.
    """
    for name in task_catalog.names():
        name, task = task_catalog.find(name)
        if task.generation is None or not task.generation.dialogue:
            continue
        try:
            data_file(name, task, "train", None, demo=True)
        except InputError:
            continue
        return name, task
    raise InputError("No task that answers dialogues has embedded data. Restore datasets/mini, or name a run with --run.")
