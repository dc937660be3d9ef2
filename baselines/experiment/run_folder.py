"""The folder of one run, `runs/<task>/<time>/`: its inputs, its log and its results.

recipe.yaml        every flag of the run; `run.py train --config` takes it, `run.py rerun` repeats it
environment.json   command line, versions, devices, hashes of the data
labels.json        class names in index order, for tasks with classes; label_counts.json: of the training data
summary.json       of a finished run: best dev score, updates, time, peak memory
log.txt  metrics.jsonl  curves.png  tensorboard/
last/              the state to resume from        best/   the checkpoint folder of the best epoch        epochs/   of the last ones
members.json       of an ensemble or an average: the runs that it was made of
dev/  test/        predictions, scores, tables of errors (evaluate/: of other files)        submission/   files to submit
"""

import itertools
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from baselines.errors import InputError
from baselines.experiment.label_file import read_labels
from baselines.experiment.metrics_file import MetricsFile
from baselines.runtime.environment import versions
from baselines.storage.atomic_files import atomic_write, recover
from baselines.storage.checksums import sha256
from baselines.storage.json_files import read_json, read_json_object
from baselines.storage.yaml_files import read_yaml
from baselines.task import Labels

MEMBERS = "members.json"
"""Names the runs behind a folder that was made of several, see experiment/members.py."""
FEW_LENGTHS = "0"
"""`pad_to_multiple_of` of runs before 2026-12, whose recipe.yaml does not say it."""


class RunFolder:
    """Paths and small files of a run. `RunFolder.create` makes a new one, `RunFolder.open` opens an earlier one."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.state = self.path / "last" / "state.safetensors"
        self.best = self.path / "best"
        self.log = self.path / "log.txt"
        self.metrics = MetricsFile(self.path / "metrics.jsonl")

    @classmethod
    def create(cls, path: str | Path | None, task_name: str) -> "RunFolder":
        """Creates a folder that no other process can get at the same time.

        Args:
            path: Folder to use, new or empty. Default: runs/<task>/<time>.
            task_name: Full name of the task.

        Raises:
            InputError: The folder is in use or cannot be written.
        """
        default = Path("runs") / task_name / time.strftime("%Y%m%d-%H%M%S")
        try:
            run = cls(path or _new_folder(default))
            if path:
                cls.require_unused(path)
                run.path.mkdir(parents=True, exist_ok=True)
                _claim(run.log)
        except OSError as error:
            raise InputError(
                f"Cannot write to {path or default}: {error.strerror}. Choose another folder with --output."
            ) from None
        return run

    @staticmethod
    def require_unused(path: str | Path) -> None:
        """Raises InputError unless `path` is free for a new run."""
        path = Path(path)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise _in_use(path)

    @classmethod
    def open(cls, path: str | Path) -> "RunFolder":
        """Opens the folder of an earlier run.

        Raises:
            InputError: The path is not a run folder.
        """
        run = cls(path)
        if not run.has_recipe():
            raise InputError(f"{path} is not a run folder: it has no recipe.yaml. Name one of runs/, or run `run.py train`.")
        recover(run.best)
        return run

    def describe(
        self, task_name: str, values: Mapping, files: Mapping[str, Path], labels: Labels | None, command: Sequence[str]
    ) -> None:
        """Writes the files that describe the run. Existing ones stay: a killed process may have written some.

        Args:
            task_name: Full name of the task.
            values: Every flag, for recipe.yaml.
            files: Paths of the data by split; their hashes are recorded.
            labels: Classes for labels.json, or None.
            command: Command line that started the run.
        """
        if not (self.path / "recipe.yaml").exists():
            with atomic_write(self.path / "recipe.yaml", "w") as file:
                yaml.safe_dump({"task": task_name, **values}, file, sort_keys=False, allow_unicode=True)
        if labels and not (self.path / "labels.json").exists():
            self.write_json("labels.json", list(labels.names))
        if not (self.path / "environment.json").exists():
            environment = {
                "command": list(command),
                "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                "data": {split: {"file": str(path), "sha256": sha256(path)} for split, path in files.items()},
                **versions(),
            }
            self.write_json("environment.json", environment)

    def has_recipe(self) -> bool:
        """Whether recipe.yaml exists. Runs before 0.2 wrote it last, so a kill could leave a folder without it."""
        return (self.path / "recipe.yaml").is_file()

    def read_command(self) -> list[str] | None:
        """The command line that started the run, from environment.json; None if it is unknown."""
        path = self.path / "environment.json"
        command = read_json_object(path).get("command") if path.is_file() else None
        return command if isinstance(command, list) and command and all(isinstance(word, str) for word in command) else None

    def read_recipe(self) -> dict:
        """The flat values of recipe.yaml, including "task". Raises InputError if there is no task."""
        values = {"pad_to_multiple_of": FEW_LENGTHS, **read_yaml(self.path / "recipe.yaml")}
        if not isinstance(values.get("task"), str):
            raise InputError(f"{self.path / 'recipe.yaml'} has no line such as `task: clue/tnews`. Add it.")
        return values

    def read_labels(self) -> list[str] | None:
        """The class names of labels.json; None for a run without classes."""
        return read_labels(self.path)

    def read_data(self) -> dict[str, dict]:
        """{split: {"file": path, "sha256": digest}} of environment.json."""
        path = self.path / "environment.json"
        data = read_json_object(path).get("data")
        whole = isinstance(data, dict) and all(
            isinstance(file, dict) and isinstance(file.get("file"), str) and isinstance(file.get("sha256"), str)
            for file in data.values()
        )
        if not whole:
            raise InputError(f"{path} does not name the data of the run. Copy the run folder again, or start a new run.")
        return data

    def read_label_counts(self, names: Sequence[str]) -> list[int] | None:
        """The count of each class in the training data, from label_counts.json; None for a run that did not count."""
        path = self.path / "label_counts.json"
        if not path.exists():
            return None
        counts = read_json_object(path)
        numbers = [counts.get(name) for name in names]
        if not all(_is_number(number) and number >= 0 for number in numbers) or not sum(numbers):
            raise InputError(f"{path} lacks the count of a class. Copy the run folder again.")
        return numbers

    def read_summary(self) -> dict | None:
        """summary.json of a finished run, with metric, score, step_seconds, peak_memory and more; None before."""
        path = self.path / "summary.json"
        if not path.exists():
            return None
        summary = read_json_object(path)
        memory = summary.get("peak_memory")
        memory = memory if isinstance(memory, dict) else {}
        numbers = [summary.get("score"), summary.get("step_seconds"), memory.get("host")]
        known_device = "device" in memory and (memory["device"] is None or _is_number(memory["device"]))     # None: no accelerator
        if not isinstance(summary.get("metric"), str) or not all(map(_is_number, numbers)) or not known_device:
            raise InputError(
                f"{path}: metric, score, step_seconds or peak_memory is missing. Delete it, then resume the run to write it."
            )
        return summary

    def write_json(self, name: str, value: object) -> None:
        """Writes a JSON file in the folder atomically."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path, "w") as file:
            json.dump(value, file, ensure_ascii=False, indent=2)
            file.write("\n")

    def read_json(self, name: str) -> object:
        """The value of a JSON file in the folder; None if there is no such file."""
        path = self.path / name
        return read_json(path) if path.exists() else None

    def require_best(self) -> Path:
        """The best checkpoint's folder.

        Raises:
            InputError: The run has no checkpoint yet, or is an ensemble.
        """
        if self.made_of_several() and not self.best.exists():
            raise InputError(
                f"{self} is an ensemble, which has no checkpoint of its own. Use evaluate, predict, submit or serve, or name one "
                f"of the runs in {self.path / MEMBERS}."
            )
        if not (self.best / "model.safetensors").is_file():
            raise InputError(f"{self.best}: the run has no checkpoint yet. Train at least one epoch first.")
        return self.best

    def made_of_several(self) -> bool:
        """Whether the folder is an ensemble or an average of runs, which cannot be trained further."""
        return (self.path / MEMBERS).is_file()

    def require_trained(self, verb: str) -> None:
        """Raises InputError if the folder was made of several runs, for verbs that train."""
        if self.made_of_several():
            raise InputError(f"{verb}: {self} was made of several runs, which {MEMBERS} in it lists. Name one of those.")

    def __str__(self):
        return str(self.path)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_use(path):
    return InputError(f"--output: {path} is in use. Choose a folder that is new or empty.")


def _claim(log):
    """Creates log.txt. Only one of several processes succeeds."""
    try:
        os.close(os.open(log, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        raise _in_use(log.parent) from None


def _new_folder(path):
    """Creates `path`, or the first of path-2, path-3, … that does not exist, because two runs may start in one second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        candidate = path if number == 1 else path.with_name(f"{path.name}-{number}")
        try:
            candidate.mkdir()
            return candidate
        except FileExistsError:
            continue
