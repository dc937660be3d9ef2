"""An ensemble's folder predicts what its members predict together, and evaluate, predict, submit and serve take it like a run."""

import json
import shutil

import numpy as np
import pytest
from conftest import command, refused

from baselines.experiment.run_folder import RunFolder
from baselines.runtime.progress import Display
from baselines.serving.model_loading import load_models
from baselines.weights import safetensors_file


def changed_run(run, target, seed):
    """A copy of a run with other weights."""
    shutil.copytree(run, target)
    path, rng = target / "best" / "model.safetensors", np.random.default_rng(seed)
    tensors = safetensors_file.read(path)
    noise = {name: rng.normal(0, 0.005, tensors.shape(name)).astype("float32") for name in tensors}
    noisy = {name: tensor + noise[name] for name, tensor in tensors.items()}
    safetensors_file.write(path, noisy, {"format": "pt"})
    return target


@pytest.fixture(scope="module")
def runs(tiny_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return [tiny_run.run, changed_run(tiny_run.run, folder / "b", 1), changed_run(tiny_run.run, folder / "c", 2)]


@pytest.fixture(scope="module")
def ensemble(runs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensembles") / "equal"
    command("ensemble", *runs, "--output", folder, "--quiet")
    return folder


def predictions(capsys, run, file):
    capsys.readouterr()
    command("predict", "--run", run, "--input", file, "--quiet")
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.keras
def test_members_stand_beside_the_ensemble(runs, ensemble, tiny, capsys):
    lines = (ensemble / "members.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in lines] == ["run", *map(str, runs), "ensemble"]
    scores = json.loads((ensemble / "dev" / "scores.json").read_text(encoding="utf-8"))
    assert f"{scores['accuracy']:.4f}" in lines[-1]
    own = [json.loads(line) for line in (runs[0] / "dev" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    right = sum(line["prediction"] == line["gold"] for line in own) / len(own)
    assert f"{right:.4f}" in lines[1]
    capsys.readouterr()
    command("evaluate", "--run", ensemble, "--quiet")
    assert capsys.readouterr().out.split()[:2] == ["accuracy", f"{scores['accuracy']:.4f}"]


def test_the_confidence_is_the_mean_probability_of_the_members(runs, ensemble, tiny, capsys):
    joint = predictions(capsys, ensemble, tiny.tests[0])
    alone = [predictions(capsys, run, tiny.tests[0]) for run in runs]
    agreed = 0
    for line, *each in zip(joint, *alone, strict=True):
        if len({one["prediction"] for one in each}) == 1:
            agreed += 1
            assert line["prediction"] == each[0]["prediction"]
            assert line["confidence"] == pytest.approx(np.mean([one["confidence"] for one in each]), abs=1e-5)
    assert agreed


def test_an_ensemble_is_submitted_and_served_like_a_run(ensemble, tiny, tmp_path):
    folder = shutil.copytree(ensemble, ensemble.parent / "submitted")
    command("submit", "--run", folder, "--test", *tiny.tests, "--quiet")
    assert (folder / "submission" / "submit.zip").is_file()
    command("submit", "clue", "--runs", folder, "--output", tmp_path / "all.zip", "--quiet")
    with Display(quiet=True) as display:
        registry = load_models([folder], 1, 8, display)
    (predictor,) = registry.predictors.values()
    assert predictor.predict(("球队主场赢下德比",)).keys() == {"prediction", "confidence"}


def test_weights_are_chosen_on_dev_with_a_warning_about_their_score(runs, tmp_path, capsys):
    folder = tmp_path / "fitted"
    command("ensemble", *runs, "--weights", "dev", "--output", folder)
    shown = capsys.readouterr()
    assert "is optimistic. With weights chosen on one half" in shown.err
    members = json.loads((folder / "members.json").read_text(encoding="utf-8"))["members"]
    assert sum(member["weight"] for member in members) == pytest.approx(1)
    table = [line.split() for line in shown.out.splitlines()]
    column = table[0].index("accuracy")
    assert float(table[-1][column - 1]) >= max(float(line[column]) for line in table[1:-1])


def test_another_dev_file_needs_input(runs, tiny, tmp_path, capsys):
    other = shutil.copytree(runs[1], tmp_path / "other")
    environment = json.loads((other / "environment.json").read_text(encoding="utf-8"))
    environment["data"]["dev"]["sha256"] = "0" * 64
    (other / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    told = refused(capsys, "ensemble", runs[0], other)
    assert "was scored on another dev file" in told and "--input FILE" in told
    command("ensemble", runs[0], other, "--input", tiny.train, "--output", tmp_path / "joined", "--quiet")
    assert RunFolder(tmp_path / "joined").read_recipe()["dev"] == [str(tiny.train)]


def test_what_cannot_be_joined(runs, seq2seq_run, ensemble, tmp_path, capsys):
    copy = shutil.copytree(seq2seq_run, tmp_path / "copy")
    assert "cannot join predictions of this kind (text)" in refused(capsys, "ensemble", seq2seq_run, copy)
    assert "is a run of seq2seq, not of clue/tnews" in refused(capsys, "ensemble", runs[0], seq2seq_run)
    assert "is an ensemble, which has no checkpoint of its own" in refused(capsys, "ensemble", runs[0], ensemble)
    assert "--weights: expected one of equal, dev. Received: best" in refused(capsys, "ensemble", *runs, "--weights", "best")
    assert "--output" in refused(capsys, "ensemble", *runs, "--output", ensemble)
    assert "was made of several runs" in refused(capsys, "train", "--resume", ensemble)
    assert "was made of several runs" in refused(capsys, "rerun", ensemble)
