"""--can from the command line: what it gains on dev is told, predictions and tables follow, other tasks refuse it."""

import dataclasses
import json
import shutil
import types

import numpy as np
import pytest

from baselines.cli.main import main
from baselines.errors import InputError
from baselines.evaluation import can as can_module
from baselines.evaluation.can import Can
from baselines.evaluation.predictions import Predictions
from baselines.evaluation.prior_correction import PriorCorrection, format_gain, prior_correction, take_can
from baselines.metrics.accuracy import accuracy
from baselines.task import Categories, Example, Labels, Split

LABELS = Labels("a", "b", "c")
LOGITS = np.log([[0.9, 0.05, 0.05], [0.8, 0.15, 0.05], [0.1, 0.85, 0.05], [0.4, 0.35, 0.25]]).astype(np.float32)
PRIOR = np.array([0.4, 0.3, 0.3])


def decode(example, outputs):
    return LABELS.name(np.argmax(outputs["logits"][0]))


def fake_task_model(**changes):
    task = types.SimpleNamespace(**{"classes": LABELS, "decode": decode, "metric": accuracy, **changes})
    display = types.SimpleNamespace(note=lambda text: None)
    return types.SimpleNamespace(task=task, name="tnews", display=display)


def test_outputs_become_adjusted_logits_and_the_old_ones_are_kept():
    adjust = PriorCorrection(Can(), PRIOR, note=None)
    found = adjust({"logits": LOGITS + 7, "other": 1})
    np.testing.assert_allclose(np.exp(found["logits"][3]), [0.216949, 0.223729, 0.559322], atol=1e-6)
    np.testing.assert_allclose(np.exp(found["logits"][:3]), np.exp(LOGITS[:3]), rtol=1e-6)
    assert found["other"] == 1 and adjust.before["logits"] is not found["logits"]


def test_warnings_are_notes():
    notes = []
    PriorCorrection(Can(tau=0.0), PRIOR, notes.append)({"logits": LOGITS})
    assert len(notes) == 1 and "no prediction is surer" in notes[0]


@pytest.mark.parametrize("gold, verdict", [
    ("c", "accuracy 0.7500 -> 1.0000 with CAN (1 of 4 predictions changed)"),
    ("a", "accuracy 1.0000 -> 0.7500 with CAN (1 of 4 predictions changed): it loses 0.2500 here"),
    ("b", "accuracy 0.7500 -> 0.7500 with CAN (1 of 4 predictions changed): no gain here"),
])  # fmt: skip
def test_a_gain_and_a_loss_are_said(gold, verdict):
    examples = [Example(id=number, texts=("x",), gold=name) for number, name in enumerate(["a", "a", "b", gold])]
    adjust = PriorCorrection(Can(), PRIOR, note=None)
    after = adjust({"logits": LOGITS})["logits"]
    predictions = Predictions({number: LABELS.name(np.argmax(row)) for number, row in enumerate(after)})
    split = Split("dev", None, examples, types.SimpleNamespace(example=np.arange(4)))
    assert format_gain(fake_task_model(), split, adjust, predictions) == verdict


def test_the_prior_is_that_of_the_counts(tmp_path):
    from baselines.experiment.run_folder import RunFolder

    run = RunFolder(tmp_path)
    with pytest.raises(InputError, match=r"label_counts.json: the counts of the training labels are missing.* rerun"):
        prior_correction(fake_task_model(), run, Can())
    run.write_json("label_counts.json", {"b": 1, "a": 3, "c": 0})
    np.testing.assert_array_equal(prior_correction(fake_task_model(), run, Can()).prior, [0.75, 0.25, 0])
    with pytest.raises(InputError, match="--can: tnews is not a task with one class per row"):
        prior_correction(fake_task_model(classes=None, labels=Categories("x")), run, Can())


def test_settings_need_can_itself():
    assert take_can(["--can", "--run", "x", "--can.tau", "0.5"]) == (["--can", "--run", "x"], Can(tau=0.5))
    for argv in (["--can.tau", "0.5"], ["--can", "--fgm.epsilon", "1"]):
        with pytest.raises(InputError, match="is not a setting of --can, or --can is missing"):
            take_can(argv)
    with pytest.raises(InputError, match=r"--can\.k"):
        take_can(["--can", "--can.k", "1"])


@pytest.fixture
def own(tiny_run, tmp_path):
    return dataclasses.replace(tiny_run, run=shutil.copytree(tiny_run.run, tmp_path / "run"))


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_evaluate_predict_and_submit(own, capsys, monkeypatch):
    monkeypatch.setattr(can_module, "uncertainty", lambda probs, k: np.arange(len(probs)) % 2)
    counts = json.loads((own.run / "label_counts.json").read_text())
    assert len(counts) == 15 and counts["103"] == 6 and sum(counts.values()) == 18
    before = lines_of(own.run / "dev" / "predictions.jsonl")
    can = ["--can", "--can.alpha", "2"]
    assert main(["evaluate", "--run", str(own.run), *can]) == 0
    shown = capsys.readouterr()
    assert " with CAN (" in shown.err and shown.out.startswith("accuracy ")
    assert lines_of(own.run / "dev" / "predictions.jsonl") == before    # the run's own stays
    after = lines_of(own.run / "dev-can" / "predictions.jsonl")
    changed = [old["confidence"] != new["confidence"] for old, new in zip(before, after, strict=True)]
    assert changed == [index % 2 == 1 for index in range(9)]
    assert all(0 < line["confidence"] <= 1 for line in after)
    assert [line["loss"] for line in after] == [line["loss"] for line in before]       # the model's own

    output = own.run / "out.jsonl"
    assert main(["predict", "--run", str(own.run), "--input", str(own.dev), "--output", str(output), *can]) == 0
    assert "dev accuracy " in capsys.readouterr().err
    assert [line["prediction"] for line in lines_of(output)] == [line["prediction"] for line in after]
    assert main(["submit", "--run", str(own.run), "--test", str(own.tests[1]), *can]) == 0
    assert "dev accuracy " in capsys.readouterr().err


def test_one_text_has_nobody_to_be_compared_with(own, capsys):
    assert main(["predict", "--run", str(own.run), "--can", "球队"]) == 2
    assert "Give --input FILE with it" in capsys.readouterr().err
