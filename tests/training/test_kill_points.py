"""A run that dies at any change of the file system, then is resumed, ends bit for bit as one that nothing disturbed."""

import itertools
import json
import shutil

import numpy as np
import pytest
import tiny
from keras import ops
from kill_points import kill_points
from safetensors import safe_open

from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.storage.atomic_files import atomic_folder
from baselines.task import Recipe
from baselines.training.state import Position, load_state, save_state
from baselines.training.trainer import Trainer
from baselines.weights import safetensors_file
from baselines.workflows.fit import has_state

BATCHES = [[tiny.batch(seed=seed)] for seed in range(2)]
SCORES = [0.5, 0.75]


class Silent:
    def start(self, position, total):
        pass

    def compiling(self):
        pass

    def advance(self, loss, rows):
        pass

    def note(self, text):
        pass


class Project:
    """A model and its compiled steps, which every run starts with anew, and the files of a run."""

    def __init__(self):
        self.model = tiny.model(dropout=0.2)
        self.steps = tiny.steps(self.model)
        self.steps.train(BATCHES[0])                                    # compiled, and the optimizer has its variables
        self.variables = [*self.model.variables, *self.steps.optimizer.variables]
        self.values = [np.array(ops.convert_to_numpy(variable)) for variable in tiny.model(dropout=0.2).variables]
        self.values += [np.zeros_like(ops.convert_to_numpy(variable)) for variable in self.steps.optimizer.variables]

    def begin(self):
        for variable, value in zip(self.variables, self.values, strict=True):
            variable.assign(value)
        self.steps.reset()

    def keep_best(self, run):
        self.steps.sync()
        with atomic_folder(run.best) as folder:
            arrays = {str(index): np.asarray(ops.convert_to_numpy(weight)) for index, weight in enumerate(self.model.weights)}
            safetensors_file.write(folder / "model.safetensors", arrays)
            (folder / "config.json").write_text("{}")

    def train(self, run, resume=False):
        """Trains from the beginning, or from the run's state if it has one. Returns what the run folder then holds."""
        self.begin()
        resume = resume and has_state(run, Display(quiet=True))
        trainer = Trainer(
            model=self.model, optimizer=self.steps.optimizer, steps=self.steps,
            recipe=Recipe(epochs=len(SCORES), log_steps=2, save_minutes=0), learning_rate=lambda update: 0.5,
            updates_per_epoch=len(BATCHES), updates=lambda epoch, skip: iter(BATCHES[skip:]), rows=lambda epoch, update: [],
            evaluate=lambda: {"accuracy": SCORES[sum(line["split"] == "dev" for line in run.metrics.read())]},
            keep_best=lambda: self.keep_best(run), record=run.metrics, state_path=run.state, progress=Silent(),
        )  # fmt: skip
        trainer.train(resume)
        return contents(run)


def contents(run):
    """Lines, best weights and state of a run, without what it took in seconds, and the names of all files."""
    with safe_open(run.state, framework="numpy") as file:
        arrays = {name: file.get_tensor(name).tobytes() for name in file.keys()}
        position = json.loads(file.metadata()["position"]) | {"seconds": 0, "step_seconds": 0}
    names = sorted(str(path.relative_to(run.path)) for path in run.path.rglob("*"))
    return run.metrics.read(), (run.best / "model.safetensors").read_bytes(), arrays, position, names


@pytest.fixture(scope="module")
def project():
    return Project()


def test_a_run_may_die_anywhere(project, tmp_path, monkeypatch):
    undisturbed = RunFolder(tmp_path / "undisturbed")
    undisturbed.path.mkdir()
    expected = project.train(undisturbed)
    assert expected[3]["best_epoch"] == 2 and [line["split"] for line in expected[0]].count("dev") == 2

    folder, deaths = tmp_path / "run", 0
    for attempt in kill_points(monkeypatch, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with attempt:
            project.train(RunFolder(folder))
        assert project.train(RunFolder(folder), resume=True) == expected, f"after a death at event {attempt.deadline}"
        deaths += attempt.died
    assert deaths > 25


def test_a_saved_state_is_the_old_or_the_new_one(project, tmp_path, monkeypatch):
    path, found = tmp_path / "last" / "state.safetensors", []
    project.begin()
    for attempt in kill_points(monkeypatch, tmp_path):
        save_state(path, project.model, project.steps.optimizer, Position(epoch=1))
        with attempt:
            save_state(path, project.model, project.steps.optimizer, Position(epoch=2))
        found.append(load_state(path, project.model, project.steps.optimizer).epoch)
    assert [epoch for epoch, _ in itertools.groupby(found)] == [1, 2] and len(found) > 3
