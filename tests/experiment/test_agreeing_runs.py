"""Runs that are used together are of one task and have the same labels; anything else is one clear line."""

import json

import pytest
import yaml

from baselines.errors import InputError
from baselines.experiment.agreeing_runs import open_agreeing_runs
from baselines.experiment.members import AVERAGE, ENSEMBLE, Member, ensemble_members, write_members
from baselines.experiment.run_folder import RunFolder


@pytest.fixture
def make_run(tmp_path):
    def make(name, task="clue/tnews", labels=("1", "2"), checkpoint=True):
        folder = tmp_path / name
        (folder / "best").mkdir(parents=True)
        (folder / "recipe.yaml").write_text(yaml.safe_dump({"task": task}))
        if labels:
            (folder / "labels.json").write_text(json.dumps(labels))
        if checkpoint:
            (folder / "best" / "model.safetensors").write_bytes(b"weights")
        return folder

    return make


def test_runs_of_one_task_are_opened_in_their_order(make_run):
    folders = [make_run("b"), make_run("a"), make_run("c")]
    assert [run.path for run in open_agreeing_runs(folders, "ensemble")] == folders
    assert len(open_agreeing_runs(folders[:1], "label", least=1)) == 1
    assert len(open_agreeing_runs(folders, "label", "clue/tnews")) == 3


@pytest.mark.parametrize(("other", "message"), [
    ({"task": "clue/iflytek"}, "is a run of clue/iflytek, not of clue/tnews"),
    ({"labels": ("1", "3")}, "has the labels 1, 3, but .* has 1, 2. Give runs that were trained on the same labels"),
    ({"labels": ("2", "1")}, "Their order differs; train the runs on one training file"),
    ({"labels": None}, "has the labels none, but .* has 1, 2"),
    ({"checkpoint": False}, "the run has no checkpoint yet"),
])  # fmt: skip
def test_runs_that_differ_are_refused_in_one_line(make_run, other, message):
    with pytest.raises(InputError, match=message):
        open_agreeing_runs([make_run("a"), make_run("b", **other)], "ensemble")


def test_too_few_the_same_twice_or_another_task_than_asked_for(make_run):
    run = make_run("a")
    with pytest.raises(InputError, match="ensemble: 2 run folders or more are needed, not 1"):
        open_agreeing_runs([run], "ensemble")
    with pytest.raises(InputError, match="listed twice"):
        open_agreeing_runs([run, run / ".." / "a"], "ensemble")
    with pytest.raises(InputError, match="is a run of clue/tnews, not of clue/csl"):
        open_agreeing_runs([run, make_run("b")], "ensemble", "clue/csl")


def test_members_are_found_after_the_folder_was_moved(make_run, tmp_path):
    members = [Member(make_run("all/a"), 0.25), Member(make_run("all/b"), 0.75)]
    folder = RunFolder(tmp_path / "all" / "joined")
    write_members(folder, ENSEMBLE, members)
    moved = (tmp_path / "all").rename(tmp_path / "moved")
    found = ensemble_members(RunFolder(moved / "joined"))
    assert [member.path.resolve() for member in found] == [moved / "a", moved / "b"]
    assert [member.weight for member in found] == [0.25, 0.75]
    assert ensemble_members(RunFolder(moved / "a")) is None


def test_a_folder_made_of_several_runs_is_not_trained_and_an_average_is_no_ensemble(make_run, tmp_path):
    folder = RunFolder(make_run("average"))
    folder.require_trained("rerun")
    write_members(folder, AVERAGE, [Member(tmp_path / "a", 1.0)])
    assert ensemble_members(folder) is None
    assert folder.require_best().is_dir()
    with pytest.raises(InputError, match="was made of several runs, which members.json in it lists"):
        folder.require_trained("rerun")


@pytest.mark.parametrize("content", [
    '{"made_by": "ensemble"}', "[]", '{"made_by": "ensemble", "members": [{"run": "a", "weight": 0}]}',
])  # fmt: skip
def test_damaged_members(make_run, content):
    folder = make_run("a")
    (folder / "members.json").write_text(content)
    with pytest.raises(InputError, match="Make the folder again"):
        ensemble_members(RunFolder(folder))
