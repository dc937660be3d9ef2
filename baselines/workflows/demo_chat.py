"""A chat run on the embedded data, trained when there is none yet."""

import time
from pathlib import Path

from baselines.experiment.arguments import check_recipe, train_arguments
from baselines.plugins import task_catalog
from baselines.workflows.finetuning import train

DEMO = Path("runs") / "demo"


def demo_run(display, folder=DEMO):
    """The folder of a chat run on the embedded data: the latest that is complete, else one that is trained now."""
    complete = sorted(folder.glob("chat-*/summary.json"))
    if complete:
        return complete[-1].parent
    path = folder / time.strftime("chat-%Y%m%d-%H%M%S")
    display.note(f"training a small chat model on the embedded data first: {path}")
    _, task = task_catalog.find("chat")
    arguments = check_recipe(train_arguments(task, {"demo": True, "output": str(path)}))
    train("chat", arguments, command=("train", "chat", "--demo", "--output", str(path)))
    return path
