"""The folder of one run: `runs/<task>/<time>/`, everything that a run read, did and found.

recipe.yaml        every flag of the run; `run.py train --config` takes it, `run.py rerun` repeats it
environment.json   command line, versions, devices, hashes of the data
labels.json        class names in index order, for tasks with classes; label_counts.json: of the training data
summary.json       of a finished run: best dev score, updates, time, peak memory
log.txt  metrics.jsonl  curves.png  tensorboard/
last/              the state to resume from        best/   the checkpoint folder of the best epoch
dev/  test/        predictions, scores, tables of errors (evaluate/: of other files)        submission/   files to hand in
"""

import json
import os
import time
from pathlib import Path

import yaml

from baselines.errors import InputError
from baselines.runtime.environment import versions
from baselines.storage.atomic_files import atomic_write, recover
from baselines.storage.checksums import sha256
from baselines.storage.text_files import read_text


class RunFolder:
    """Paths and small files of a run. `RunFolder.create` makes one, `RunFolder.open` finds one."""

    def __init__(self, path):
        self.path = Path(path)
        self.state = self.path / "last" / "state.safetensors"
        self.best = self.path / "best"
        self.log = self.path / "log.txt"
        self.metrics = Metrics(self.path / "metrics.jsonl")

    @classmethod
    def create(cls, path, task_name):
        """A new folder at `path`, or runs/<task>/<time>. Raises InputError if it is in use or cannot be written."""
        path = Path(path) if path else _unused(Path("runs") / task_name / time.strftime("%Y%m%d-%H%M%S"))
        try:
            cls.require_unused(path)
            path.mkdir(parents=True, exist_ok=True)
            (path / ".writable").touch()
            (path / ".writable").unlink()
        except OSError as error:
            raise InputError(f"{path}: expected a folder that can be written. Received: {error.strerror}.") from None
        return cls(path)

    @staticmethod
    def require_unused(path):
        """Raises InputError unless `path` is free for a new run."""
        path = Path(path)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"{path}: expected an empty or new folder for --output. It is in use. Choose another one.")

    @classmethod
    def open(cls, path):
        """The folder of an earlier run. Raises InputError if it is none."""
        run = cls(path)
        if not (run.path / "recipe.yaml").is_file():
            raise InputError(f"{path}: expected a run folder, one with recipe.yaml in it. See runs/ or `run.py train`.")
        recover(run.best)
        return run

    def describe(self, task_name, values, files, labels, command):
        """Writes what determines the run: recipe.yaml from flat `values`, labels.json, environment.json."""
        environment = {
            "command": list(command),
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "data": {split: {"file": str(path), "sha256": sha256(path)} for split, path in files.items()},
            **versions(),
        }
        self.write_json("environment.json", environment)
        if labels:
            self.write_json("labels.json", list(labels.names))
        with atomic_write(self.path / "recipe.yaml", "w") as file:
            yaml.safe_dump({"task": task_name, **values}, file, sort_keys=False, allow_unicode=True)

    def read_recipe(self):
        """The flat values of recipe.yaml, "task" among them."""
        values = read_yaml(self.path / "recipe.yaml")
        if not isinstance(values.get("task"), str):
            raise InputError(f"{self.path / 'recipe.yaml'}: expected a line such as `task: clue/tnews`. Received: none.")
        return values

    def write_json(self, name, value):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path, "w") as file:
            json.dump(value, file, ensure_ascii=False, indent=2)
            file.write("\n")

    def read_json(self, name):
        """The value of a JSON file in the folder; None if there is no such file."""
        path = self.path / name
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def require_best(self):
        """The best checkpoint's folder. Raises InputError if the run has none yet."""
        if not (self.best / "model.safetensors").is_file():
            raise InputError(f"{self.best}: expected the best checkpoint of a run. Train at least one epoch first.")
        return self.best

    def __str__(self):
        return str(self.path)


class Metrics:
    """metrics.jsonl: one JSON object per line with epoch, step, split and plain numbers. Call it with a dict to add a line."""

    def __init__(self, path):
        self.path = path

    def __call__(self, values):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(values) + "\n")

    def size(self):
        return self.path.stat().st_size if self.path.exists() else 0

    def truncate(self, size):
        """Forgets what was written after the file had `size` bytes."""
        if self.size() > size:
            os.truncate(self.path, size)

    def read(self):
        """[{…}] of all lines; a last line cut short by a kill is left out."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]


def read_yaml(path):
    """The mapping in a YAML file. Raises InputError with the line of a mistake."""
    try:
        values = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        raise InputError(f"{where}: expected YAML such as `batch_size: 16`. Received: {_one_line(error)}") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected lines such as `batch_size: 16`. Received: {type(values).__name__}")
    return values


def _one_line(error):
    return " ".join(str(error).split())


def _unused(path):
    """`path`, or the first of path-2, path-3, … that does not exist: two runs may start in one second."""
    candidates = [path, *(path.with_name(f"{path.name}-{i}") for i in range(2, 100))]
    return next(candidate for candidate in candidates if not candidate.exists())
