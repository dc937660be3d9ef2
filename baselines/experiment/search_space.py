"""The options that `run.py tune` searches, from a YAML file.

learning_rate: {low: 1.0e-5, high: 1.0e-3, log: true}      a number of this range; whole numbers if both ends are
batch_size: [16, 32]                                        one of these
strategies: [none, fgm, "fgm,ema"]
fgm.epsilon: {low: 0.1, high: 1.0, step: 0.1}               only counts in trials that use fgm
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baselines.errors import InputError, nearest
from baselines.storage.yaml_files import read_yaml
from baselines.task import Recipe, Task

RANGE = ("low", "high", "log", "step")


@dataclasses.dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`: whole ones, on a logarithmic scale, or with a step between them."""

    low: float
    high: float
    whole: bool = False
    log: bool = False
    step: float | None = None

    def suggest(self, trial: Any, name: str) -> Any:
        """A value for an Optuna trial."""
        if self.whole:
            return trial.suggest_int(name, self.low, self.high, step=self.step or 1, log=self.log)
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)


@dataclasses.dataclass(frozen=True)
class Choice:
    """One of several values."""

    values: tuple

    def suggest(self, trial: Any, name: str) -> Any:
        """A value for an Optuna trial."""
        return trial.suggest_categorical(name, self.values)


def read_space(path: Path, task: Task) -> dict[str, Range | Choice]:
    """{option of train: what it may be}.

    Args:
        path: YAML file.
        task: The task to tune.

    Raises:
        InputError: An option is unknown, or neither a list of values nor a range.
    """
    known = {field.name for kind in (Recipe, task.options) if kind for field in dataclasses.fields(kind)} - {"seed"}
    space = {}
    for name, value in read_yaml(path).items():
        if "." not in str(name) and name not in known:
            raise InputError(f"{path}: train has no option {name!r} to tune. {nearest(str(name), known)}")
        space[name] = dimension(value, f"{path}: {name}")
    if not space:
        raise InputError(f"{path}: no options to tune. Write lines such as `learning_rate: {{low: 1.0e-5, high: 1.0e-3}}`.")
    return space


def dimension(value: Any, origin: str) -> Range | Choice:
    """A Range or Choice from its YAML value. Raises InputError; origin names the file and option."""
    if isinstance(value, list):
        if not value or not all(isinstance(each, str | int | float | bool) for each in value):
            raise InputError(f"{origin} is {value!r}. List one or more words or numbers.")
        return Choice(tuple(value))
    if not isinstance(value, Mapping) or not {"low", "high"} <= value.keys() <= set(RANGE):
        raise InputError(f"{origin} is {value!r}. Write a list, or a range such as {{low: 1, high: 5}}, with log or step.")
    low, high, step = value["low"], value["high"], value.get("step")
    numbers = [each for each in (low, high, step) if each is not None]
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in numbers):
        raise InputError(f"{origin}: {value!r} is no range of numbers. YAML reads 1e-5 as a text: write 1.0e-5.")
    log = value.get("log") is True
    if not low < high or log and (low <= 0 or step is not None) or step is not None and step <= 0:
        raise InputError(f"{origin}: {value!r} is no range. Put low below high; with log, low above 0 and no step.")
    return Range(low, high, all(isinstance(each, int) for each in numbers), log, step)
