"""`run.py submit clue --runs …`: one archive of several tasks' files, each checked again."""

import dataclasses
import json
import os
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from baselines.cli.main import main
from baselines.plugins import task_catalog

TASKS = {"clue/ocnli": "neutral", "clue/afqmc": "1", "clue/csl": "0", "clue/cmnli": "neutral"}


def submission_of(folder, name):
    """The one submission file of a task's run."""
    (official,) = task_catalog.find(name)[1].submit.files.values()
    return folder / "submission" / official


@pytest.fixture
def make_run(tmp_path):
    """A function that makes the run folder of a task on the embedded data, submitted with one label throughout."""

    def make(name, folder=None):
        folder = tmp_path / (folder or name.rpartition("/")[2])
        task = task_catalog.find(name)[1]
        (folder / "best").mkdir(parents=True)
        (folder / "submission").mkdir()
        (folder / "recipe.yaml").write_text(yaml.safe_dump({"task": name, "demo": True}))
        (folder / "labels.json").write_text(json.dumps(task.labels.names))
        (folder / "best" / "model.safetensors").write_bytes(b"weights")
        tests = (ROOT / "datasets" / "mini" / name / "test.json").read_text(encoding="utf-8").splitlines()
        lines = [{"id": str(json.loads(line)["id"]), "label": TASKS[name]} for line in tests]
        submission_of(folder, name).write_text("".join(json.dumps(line) + "\n" for line in lines))
        return folder

    return make


def submit(*runs, group="clue", output=None):
    return main(["submit", group, "--runs", *map(str, runs), "--output", str(output)])


def test_one_archive_of_several_tasks(make_run, tmp_path, capsys):
    runs = [make_run("clue/ocnli"), make_run("clue/afqmc")]
    target = tmp_path / "new" / "submit.zip"
    assert submit(*runs, output=target) == 0
    shown = capsys.readouterr()
    assert shown.out.strip() == str(target)
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["afqmc_predict.json", "ocnli_50k_predict.json"]
        assert archive.read("ocnli_50k_predict.json") == submission_of(runs[0], "clue/ocnli").read_bytes()
    (missing,) = [line for line in shown.err.splitlines() if "without a run" in line]
    left_out = missing.partition(": ")[2].split(", ")
    assert "clue/tnews" in left_out and "clue/ocnli" not in left_out and "clue/afqmc" not in left_out
    first = target.read_bytes()
    assert submit(*reversed(runs), output=target) == 0 and target.read_bytes() == first


def refused(capsys, *arguments, **options):
    assert submit(*arguments, **options) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_what_does_not_belong_together(make_run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, two = make_run("clue/ocnli"), make_run("clue/ocnli", "again")
    assert f"{two} and {one} are both runs of clue/ocnli." in refused(capsys, one, two)
    assert "clu: no tasks with a leaderboard" in refused(capsys, one, group="clu")
    assert "not a run folder" in refused(capsys, one, tmp_path / "none")
    (two / "recipe.yaml").write_text("task: classify\n")
    assert f"{two} is a run of " in refused(capsys, one, two)
    (one / "best" / "model.safetensors").unlink()
    assert "Train at least one epoch first" in refused(capsys, one)
    assert not list(tmp_path.rglob("*.zip"))


@pytest.mark.parametrize("change, part", [
    (lambda lines: lines[:-1], "39 rows, but test.json has 40."),
    (lambda lines: lines[1::-1] + lines[2:], "has '0'"),
    (lambda lines: [line.replace("neutral", "neutrl") for line in lines], "unknown label 'neutrl'. Use one of entailment"),
])  # fmt: skip
def test_files_that_were_changed_are_found(make_run, tmp_path, capsys, change, part):
    run = make_run("clue/ocnli")
    path = submission_of(run, "clue/ocnli")
    path.write_text("".join(change(path.read_text().splitlines(keepends=True))))
    assert part in refused(capsys, run, output=tmp_path / "submit.zip")
    assert not (tmp_path / "submit.zip").exists()


def test_a_run_without_files_or_with_old_ones_is_submitted_first(tiny_run, tmp_path, monkeypatch):
    """The official test files are the tiny project's, and lie in datasets/ of the working folder."""
    folder = shutil.copytree(tiny_run.run, tmp_path / "run")
    own = dataclasses.replace(tiny_run, run=folder)
    (tmp_path / "datasets" / "clue" / "tnews").mkdir(parents=True)
    for test in own.tests:
        shutil.copy(test, tmp_path / "datasets" / "clue" / "tnews")
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "submit.zip"
    assert submit(folder, output=target) == 0
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["tnews10_predict.json", "tnews11_predict.json"]
    written = Path(folder / "submission" / "tnews11_predict.json")
    before = written.stat().st_mtime_ns
    assert submit(folder, output=target) == 0 and written.stat().st_mtime_ns == before
    os.utime(folder / "best" / "model.safetensors")
    assert submit(folder, output=target) == 0 and written.stat().st_mtime_ns > before
