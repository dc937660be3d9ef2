"""--loss from the command line: it is trained by, while dev is scored by the task's own; what does not fit is refused."""

import json
from math import log

import pytest
import yaml
from conftest import ROOT

from baselines.cli.main import main


def metrics_of(run, split):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["split"] == split]


def test_training_follows_the_loss_and_dev_keeps_its_own(tiny, tmp_path):
    """With all of the target spread over 15 classes there is nothing to learn: the loss stays near log 15, so does dev's."""
    run = tmp_path / "run"
    flags = tiny.flags(output=run, loss="label_smoothing", epochs=1, quiet=True)
    assert main(["train", "clue/tnews", *flags, "--label_smoothing.epsilon", "1"]) == 0
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    assert recipe["loss"] == "label_smoothing" and float(recipe["label_smoothing.epsilon"]) == 1
    assert all(line["loss"] == pytest.approx(2.708, abs=0.2) for line in metrics_of(run, "train"))
    (dev,) = metrics_of(run, "dev")
    lines = [json.loads(line) for line in (run / "dev" / "predictions.jsonl").read_text().splitlines()]
    assert dev["loss"] == pytest.approx(sum(line["loss"] for line in lines) / len(lines), rel=1e-3)
    right = [line for line in lines if line["gold"] == line["prediction"]]
    assert all(line["loss"] == pytest.approx(-log(line["confidence"]), abs=1e-4) for line in right)


@pytest.mark.parametrize("task, flags, parts", [
    ("clue/tnews", ["--loss", "emo"], ["--loss emo", "Choose one of cross_entropy, focal"]),
    ("clue/tnews", ["--loss", "focl"], ["--loss", "'focl'", "Did you mean focal"]),
    ("clue/tnews", ["--loss", "focal", "--focal.gamma", "-1"], ["--focal.gamma", "at least 0"]),
    ("clue/tnews", ["--loss", "focal", "--focal.epsilon", "1"], ["--focal.epsilon", "Known: gamma"]),
    ("clue/tnews", ["--focal.gamma", "1"], ["--focal.gamma", "does not use"]),
    ("read", ["--loss", "focal"], ["--loss focal", "with these settings read is trained by another loss"]),
])  # fmt: skip
def test_what_does_not_fit(task, flags, parts, tiny, tmp_path, capsys):
    output = tmp_path / "run"
    data = ROOT / "tests" / "fixtures" / "clue" / "cmrc2018" / "dev.json" if task == "read" else tiny.train
    files = ["--train", str(data), "--dev", str(data), "--init", str(tiny.checkpoint), "--from_scratch", "--max_length", "32"]
    assert main(["train", task, *files, "--output", str(output), *flags]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("error: ") and [part for part in parts if part not in message] == [], message
    assert not output.exists()
