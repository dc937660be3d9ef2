"""Ways to learn from few labels, one per file: `few_labels/pet.py` is `--few pet`, by its `MODE = Pet`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.plugins import discovery
from baselines.plugins.settings import make
from baselines.task import Recipe, Task
from baselines.task_models.few_labels.mode import FewLabels, check_linear, shrinkage_of
from baselines.training.strategies import strategy_class

__all__ = ["FewLabels", "bind", "build", "check", "mode_class", "names", "shrinkage_of"]

FOLDER = Path(__file__).parent
PART = "few"
"""What settings of a mode begin with: `--few.shrinkage`."""


def names() -> dict[str, str]:
    """{name: one-line description}."""
    return discovery.find_modules(FOLDER, "MODE")


def mode_class(name: str) -> type[FewLabels]:
    """The dataclass of a mode. Raises InputError for an unknown one."""
    return discovery.load(__name__, name, names(), "--few").MODE


def build(recipe: Recipe, settings: Mapping[str, object]) -> FewLabels | None:
    """The mode of `--few` with its settings; None without. Raises InputError for unknown ones."""
    return make(mode_class(recipe.few), PART, settings) if recipe.few else None


def check(task: Any, recipe: Recipe, settings: Mapping[str, object]) -> None:
    """Raises InputError for a mode that does not go with the rest of the recipe, or a start of a head without a linear layer."""
    if not (recipe.few or recipe.head_start != "random"):
        return
    if not isinstance(task, Task):
        raise InputError("--few and --head_start are for tasks with classes. Leave them out.")
    mode = build(recipe, settings)
    if task.head is not None and recipe.head_start != "random":
        check_linear(task.head)
    if mode is None:
        return
    if recipe.head_start != "random":
        raise InputError(f"--head_start {recipe.head_start} and --few {recipe.few} exclude each other. Leave one of them out.")
    if recipe.loss != "task" and mode.own_loss:
        raise InputError(f"--few {recipe.few} has a loss of its own. Leave out --loss {recipe.loss}.")
    searching = [name for name in recipe.strategies if strategy_class(name).searches]
    if searching and mode.own_loss:
        raise InputError(f"--few {recipe.few} does not work with --strategies {searching[0]}, which moves the head. Leave one out.")
    if recipe.strategies and not mode.trains:
        raise InputError(f"--few {recipe.few} trains no weights. Leave out --strategies {','.join(recipe.strategies)}.")
    if recipe.accumulate > 1 and mode.own_loss and mode.trains:
        raise InputError(f"--few {recipe.few} compares the rows of a batch. Raise --batch_size instead of --accumulate.")


def bind(task: Task, recipe: Recipe, settings: Mapping[str, object], tokenizer: Any) -> Task:
    """The task as the mode trains it: with another head, and rows of its own."""
    if recipe.head_start != "random":
        check_linear(task.head)
    mode = build(recipe, settings)
    return task if mode is None else mode.bind(task, tokenizer)
