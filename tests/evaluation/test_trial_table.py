"""The table of trials: the best first, pruned ones behind, and a file for programs."""

import csv

from baselines.evaluation.trial_table import TrialRow, write_trials

ROWS = [
    TrialRow(0, "complete", 0.5, 3, {"learning_rate": 1e-5, "strategies": "fgm,ema"}, "runs/0"),
    TrialRow(1, "fail", None, 0, {"learning_rate": 0.1}, "runs/1"),
    TrialRow(2, "pruned", 0.9, 1, {"learning_rate": 0.001}, "runs/2"),
    TrialRow(3, "complete", 0.75, 3, {"learning_rate": 1.23456e-4}, "runs/3"),
]


def test_the_best_completed_trial_comes_first(tmp_path):
    lines = write_trials(tmp_path, ROWS, "accuracy").splitlines()
    assert lines[0].split() == ["trial", "accuracy", "state", "epochs", "learning_rate", "strategies"]
    assert [line.split()[0] for line in lines[1:]] == ["3", "0", "2", "1"]
    assert lines[1].split() == ["3", "0.7500", "complete", "3", "0.000123", "-"]
    assert (tmp_path / "tune.txt").read_text(encoding="utf-8").splitlines() == lines
    with open(tmp_path / "tune.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["learning_rate"] == "0.000123456" and rows[1]["strategies"] == "fgm,ema" and rows[3]["accuracy"] == ""
