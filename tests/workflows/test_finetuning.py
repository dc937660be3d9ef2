"""The end of a run: the best epoch's predictions are its dev report, and the test file is predicted by the steps of scoring."""

import json
import shutil

import keras
import pytest
from conftest import command

from baselines.experiment.run_folder import RunFolder
from baselines.task_models.task_model import TaskModel
from baselines.training.steps import Steps

REPORT = ("predictions.jsonl", "scores.json", "errors.txt", "confusion.txt")


@pytest.mark.parametrize("flags", [
    pytest.param({}, id="plain"), pytest.param({"strategies": "ema", "ema.momentum": 0.5}, id="ema", marks=pytest.mark.keras),
])  # fmt: skip
def test_the_best_epoch_is_not_scored_again(tiny, tmp_path, monkeypatch, flags):
    scored, score = [], TaskModel._score

    def counted(task_model, steps, split, *adjust):
        scored.append(split.name)
        return score(task_model, steps, split, *adjust)

    monkeypatch.setattr(TaskModel, "_score", counted)
    run = tmp_path / "run"
    command("train", "clue/tnews", *tiny.flags(output=run, quiet=True, **flags))
    assert scored == ["dev"] * 2
    metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    scores = json.loads((run / "dev" / "scores.json").read_text(encoding="utf-8"))
    best = json.loads((run / "summary.json").read_text(encoding="utf-8"))["best_epoch"]
    assert all(0 < line["padding"] < 1 for line in metrics if line["split"] == "train")
    assert any(line["split"] == "dev" and line["epoch"] == best and scores.items() <= line.items() for line in metrics)

    kept = {name: (run / "dev" / name).read_text(encoding="utf-8") for name in REPORT}
    command("evaluate", "clue/tnews", "--run", run, "--quiet")          # the weights in best/ give the same
    again = {name: (run / "dev" / name).read_text(encoding="utf-8") for name in REPORT}
    assert [json.loads(line) for line in again["predictions.jsonl"].splitlines()] == read_lines(kept["predictions.jsonl"])
    assert kept["confusion.txt"] == again["confusion.txt"]
    assert json.loads(kept["scores.json"]) == pytest.approx(json.loads(again["scores.json"]), rel=1e-5)


@pytest.mark.keras
def test_recipe_yaml_holds_what_auto_chose_where_numbers_depend_on_it_and_an_older_run_keeps_its_batches(tiny, tmp_path):
    run = RunFolder(tmp_path / "run")
    command("train", "clue/tnews", *tiny.flags(output=run.path, quiet=True, epochs=1, max_length=40, precision="auto", jit="auto"))
    recipe = run.read_recipe()
    any_length = keras.backend.backend() != "jax"
    assert recipe["pad_to_multiple_of"] == ("8" if any_length else "0")
    assert recipe["precision"] in ("float32", "bf16") and recipe["jit"] == "auto"

    text = (run.path / "recipe.yaml").read_text(encoding="utf-8")
    (run.path / "recipe.yaml").write_text(text.replace("epochs: 1", "epochs: 2").replace("pad_to_multiple_of: '8'\n", ""))
    run.state.unlink()
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        train = Steps.train
        patch.setattr(Steps, "train", lambda steps, batches: seen.extend(batches) or train(steps, batches))
        command("train", "--resume", run.path)
    assert {batch["features"]["token_ids"].shape[1] for batch in seen} <= {16, 32, 40}
    assert run.read_recipe()["pad_to_multiple_of"] == "0"


def test_a_finished_run_that_is_resumed_is_scored_again(tiny_run, tmp_path):
    run = shutil.copytree(tiny_run.run, tmp_path / "run")
    (run / "dev" / "scores.json").unlink()
    command("train", "--resume", run)
    assert "accuracy" in json.loads((run / "dev" / "scores.json").read_text(encoding="utf-8"))


@pytest.mark.keras
def test_the_test_file_is_predicted_by_the_steps_of_scoring_with_the_best_weights(tiny, tmp_path, monkeypatch):
    predicted, predict = [], Steps.predict
    monkeypatch.setattr(Steps, "predict", lambda steps, features: predicted.append(features) or predict(steps, features))
    run, output = tmp_path / "run", tmp_path / "predictions.jsonl"
    test = tiny.dev                                                     # rows of the shapes that dev has
    command("train", "clue/tnews", *tiny.flags(output=run, quiet=True, epochs=3, test=test, optimizer="adamw", learning_rate=0.3))
    assert not predicted
    command("predict", "clue/tnews", "--run", run, "--input", test, "--output", output, "--quiet")
    assert predicted
    ours = read_lines((run / "test" / "predictions.jsonl").read_text(encoding="utf-8"))
    assert [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()] == ours
    assert json.loads((run / "summary.json").read_text(encoding="utf-8"))["best_epoch"] < 3     # else any weights would do
    assert all("gold" not in line and "loss" not in line for line in ours)


def read_lines(text):
    """The lines of a predictions.jsonl; numbers within what another program for the same sums may differ by."""
    lines = [json.loads(line) for line in text.splitlines()]
    return [{name: about(value) for name, value in line.items()} for line in lines]


def about(value):
    return pytest.approx(value, abs=1e-4) if isinstance(value, float) else value
