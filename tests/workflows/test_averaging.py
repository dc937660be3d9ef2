"""An average of checkpoints is a run folder with the mean of their weights, scored beside them."""

import shutil

import numpy as np
import pytest
from conftest import command, refused

from baselines.experiment.kept_epochs import keep_epoch, kept_epochs, run_of_checkpoint
from baselines.experiment.run_folder import RunFolder
from baselines.weights import safetensors_file

KERNEL = "baselines.Classifier/kernel"


@pytest.fixture(scope="module")
def run(tiny, tmp_path_factory):
    """A run of three epochs that keeps the last two."""
    folder = tmp_path_factory.mktemp("kept") / "run"
    command("train", "clue/tnews", *tiny.flags(epochs=3, keep_epochs=2, output=folder, quiet=True))
    return folder


@pytest.fixture(scope="module")
def average(run):
    folder = run.parent / "average"
    command("average", run, "--last", 2, "--output", folder, "--quiet")
    return folder


@pytest.mark.keras
def test_the_last_epochs_are_kept_and_the_best_is_one_of_them_where_it_is_late(run):
    assert [path.name for path in kept_epochs(RunFolder(run))] == ["2", "3"]
    best = RunFolder(run).read_summary()["best_epoch"]
    weights = {name: safetensors_file.read(run / name)[KERNEL] for name in ("epochs/2", "epochs/3", "best")}
    assert not np.array_equal(weights["epochs/2"], weights["epochs/3"])
    for epoch in (2, 3):
        assert np.array_equal(weights["best"], weights[f"epochs/{epoch}"]) == (best == epoch)


@pytest.mark.keras
def test_the_average_is_a_run_with_the_mean_of_the_weights(run, average, capsys):
    parts = [safetensors_file.read(run / "epochs" / number) for number in "23"]
    averaged = safetensors_file.read(average / "best")
    for name in parts[0]:
        assert averaged[name] == pytest.approx((parts[0][name] + parts[1][name]) / 2, abs=1e-6)
    table = [line.split() for line in (average / "members.txt").read_text(encoding="utf-8").splitlines()]
    assert [line[0] for line in table] == ["run", str(run / "epochs" / "2"), str(run / "epochs" / "3"), "average"]
    capsys.readouterr()
    command("evaluate", "--run", average, "--quiet")
    assert capsys.readouterr().out.split()[1] == table[-1][table[0].index("accuracy") - 1]
    command("compare", run, average)
    assert "average" in capsys.readouterr().out


def test_runs_are_averaged_by_their_best_epochs(run, tiny_run, tmp_path, capsys):
    command("average", run, tiny_run.run, "--output", tmp_path / "both", "--quiet")
    parts = [safetensors_file.read(each / "best")[KERNEL] for each in (run, tiny_run.run)]
    assert safetensors_file.read(tmp_path / "both" / "best")[KERNEL] == pytest.approx(sum(parts) / 2, abs=1e-6)


def test_checkpoints_of_no_run_become_a_checkpoint(run, tmp_path, capsys):
    copies = [shutil.copytree(run / "epochs" / number, tmp_path / f"copy{number}") for number in "23"]
    assert "Name it with --output" in refused(capsys, "average", *copies)
    command("average", *copies, "--output", tmp_path / "mean")
    assert (tmp_path / "mean" / "config.json").is_file() and not (tmp_path / "mean" / "recipe.yaml").exists()
    assert "belongs to no run" in refused(capsys, "average", run, copies[0])


def test_bad_input(run, average, tiny_run, capsys):
    assert "keeps the checkpoints of 2 epochs" in refused(capsys, "average", run, "--last", 3)
    assert "keeps the checkpoints of 0 epochs" in refused(capsys, "average", tiny_run.run, "--last", 3)
    assert "two checkpoints or more are needed, not 1" in refused(capsys, "average", run)
    assert "a checkpoint is listed twice" in refused(capsys, "average", run / "epochs" / "2", run / "epochs" / "2")
    assert "--output" in refused(capsys, "average", run, "--last", 2, "--output", average)
    assert "was made of several runs" in refused(capsys, "train", "--resume", average)
    assert "--keep_epochs: expected" in refused(capsys, "train", "clue/tnews", "--demo", "--keep_epochs", "-1")


def test_epochs_are_removed_once_others_are_saved(tmp_path):
    run, there = RunFolder(tmp_path), []

    def save(path):
        there.append(sorted(each.name for each in kept_epochs(run)))
        path.mkdir(parents=True, exist_ok=True)

    for epoch in (1, 2, 3, 3, 4):
        keep_epoch(run, epoch, 2, save)
    assert there == [[], ["1"], ["1", "2"], ["2", "3"], ["2", "3"]]
    assert [path.name for path in kept_epochs(run)] == ["3", "4"]
    keep_epoch(run, 5, 0, save)
    assert len(there) == 5


def test_the_run_of_a_checkpoint(tmp_path):
    (tmp_path / "recipe.yaml").write_text("task: clue/tnews")
    for name in ("best", "epochs/3"):
        assert run_of_checkpoint(tmp_path / name).path == tmp_path.resolve()
    assert run_of_checkpoint(tmp_path / "other") is None and run_of_checkpoint(tmp_path.parent / "best") is None
