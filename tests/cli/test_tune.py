"""`run.py tune`: trials, pruning by epochs, a search that resumes, and what is refused; processes are stood for by a function."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from conftest import refused

from baselines.cli import tune
from baselines.cli.child_process import run_in_process
from baselines.errors import InputError
from baselines.experiment.search_space import Choice, Range
from baselines.plugins import task_catalog

NAME, TASK = task_catalog.find("clue/tnews")
FLAGS = ["--demo", "--quiet"]
SPACE = {"learning_rate": Range(1e-5, 1e-3, log=True), "strategies": Choice(("none", "fgm")), "fgm.epsilon": Range(0.1, 1.0)}


class Runner:
    """Stands for the processes: three epochs whose scores grow towards the learning rate, as far as `stop` lets it."""

    def __init__(self, codes=()):
        self.codes, self.started = dict(codes), []

    def __call__(self, words, stop):
        if words[1] == "--resume":
            folder = Path(words[2])
        else:
            recipe = yaml.safe_load(Path(words[3]).read_text(encoding="utf-8"))
            folder = Path(recipe["output"])
            folder.mkdir()
            (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
        self.started.append((folder.parent.name, words[1]))
        recipe = yaml.safe_load((folder / "recipe.yaml").read_text(encoding="utf-8"))
        number = int(folder.parent.name.removeprefix("trial-"))
        lines = (folder / "metrics.jsonl").read_text().splitlines() if (folder / "metrics.jsonl").exists() else []
        for epoch in range(len(lines) + 1, 4):
            line = {"epoch": epoch, "step": epoch, "split": "dev", "accuracy": recipe["learning_rate"] * epoch, "loss": 1.0}
            with open(folder / "metrics.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            if stop() or epoch == 2 and self.codes.get(number) == 130:
                (folder / "last").mkdir(exist_ok=True)
                (folder / "last" / "state.safetensors").touch()
                return 130
        if code := self.codes.get(number):
            return code
        memory = {"host": 10**9, "device": None}
        summary = {"metric": "accuracy", "score": recipe["learning_rate"] * 3, "step_seconds": 0.1, "peak_memory": memory}
        (folder / "summary.json").write_text(json.dumps(summary))
        return 0


@pytest.fixture(autouse=True)
def optuna():
    return pytest.importorskip("optuna")


def search(folder, prune="none", space=SPACE, flags=FLAGS):
    tune.require_optuna()
    return tune.Search(NAME, TASK, flags, space, folder, prune)


def test_trials_are_trained_and_the_best_command_is_printed(tmp_path, capsys):
    runner = Runner()
    assert search(tmp_path).run(5, runner) == 0
    assert [name for name, _ in runner.started] == [f"trial-{number}" for number in range(5)]
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines[1:6]]
    scores = [float(row[1]) for row in rows]
    assert scores == sorted(scores, reverse=True) and all(row[2:4] == ["complete", "3"] for row in rows)
    best = rows[0][0]
    recipe = yaml.safe_load((tmp_path / f"trial-{best}" / "seed-42" / "recipe.yaml").read_text(encoding="utf-8"))
    assert lines[6].startswith(f"best: trial {best}, ") and lines[7].startswith("  python run.py train clue/tnews --demo --quiet")
    words = lines[7].split()
    assert float(words[words.index("--learning_rate") + 1]) == recipe["learning_rate"]
    assert ("--fgm.epsilon" in words) == ("fgm" in recipe["strategies"]) == ("fgm.epsilon" in recipe)


def test_a_larger_number_of_trials_continues_and_other_options_do_not(tmp_path, capsys):
    search(tmp_path).run(2, Runner())
    runner = Runner()
    search(tmp_path).run(4, runner)
    assert [name for name, _ in runner.started] == ["trial-2", "trial-3"]
    rates = {line.split()[4] for line in capsys.readouterr().out.splitlines()[-6:-2]}
    assert len(rates) == 4                                              # no value is drawn again
    for change in ({"flags": [*FLAGS, "--epochs", "9"]}, {"space": {"epochs": Choice((1, 2))}}):
        with pytest.raises(InputError, match="holds a search with another"):
            search(tmp_path, **change)


def test_what_was_interrupted_is_resumed(tmp_path):
    with pytest.raises(KeyboardInterrupt, match="Repeat the command to resume"):
        search(tmp_path).run(3, Runner({1: 130}))
    runner = Runner()
    assert search(tmp_path).run(3, runner) == 0
    assert runner.started == [("trial-1", "--resume"), ("trial-2", "clue/tnews")]
    (row,) = [row for row in search(tmp_path).rows() if row.number == 1]
    assert row.state == "complete" and row.epochs == 3


def test_bad_trials_are_pruned_by_their_epochs(tmp_path):
    space = {"learning_rate": Choice((1e-3, 1e-5))}
    found = search(tmp_path, "median", space)
    for rate in (1e-3, 1e-3, 1e-3, 1e-3, 1e-5):
        found.study.enqueue_trial({"learning_rate": rate})
    runner = Runner()
    found.run(5, runner)
    states = [(row.state, row.epochs) for row in found.rows()]
    assert states == [("complete", 3)] * 4 + [("pruned", 2)]            # the first epoch never counts


def test_a_trial_that_fails_is_told_and_the_first_one_ends_the_search(tmp_path):
    assert search(tmp_path / "second").run(3, Runner({1: 2})) == 1
    with pytest.raises(InputError, match="trial-0/seed-42: the trial failed with exit code 2"):
        search(tmp_path / "first").run(3, Runner({0: 2}))


def test_bad_input(tmp_path, capsys):
    space = tmp_path / "space.yaml"
    space.write_text("batch_size: [16, 32]")
    assert "--space is missing" in refused(capsys, "tune", "clue/tnews", "--demo")
    for words, message in ((["--trials", "0"], "expected a number"), (["--prune", "mean"], "--prune: expected one of median")):
        assert message in refused(capsys, "tune", "clue/tnews", "--demo", "--space", space, *words)


def test_a_process_is_stopped_as_by_ctrl_c(monkeypatch):
    monkeypatch.setattr("baselines.cli.child_process.own_command", lambda: [sys.executable, "-c", "import time; time.sleep(60)"])
    asked = []
    assert run_in_process([], lambda: asked.append(1) or len(asked) == 2) != 0
    assert len(asked) == 2
