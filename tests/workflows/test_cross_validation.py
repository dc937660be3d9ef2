"""`train --folds`: every row is scored by a run that has not learned from it, and the folds are one predictor."""

import json

import numpy as np
import pytest
from conftest import TITLES, command, refused

from baselines.cli import cross_validation
from baselines.cli.main import main
from baselines.workflows.cross_validation import fold_table

ROWS = [{"text": title, "label": label, "author": f"a{len(title)}"} for label, titles in TITLES.items() for title in titles]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("folds") / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    return path


def flags(tiny, data, folder, **changes):
    words = tiny.flags(train=data, epochs=1, folds=2, output=folder, quiet=True, **changes)
    place = words.index("--dev")
    return words[:place] + words[place + 2 :]


@pytest.fixture(scope="module")
def folder(tiny, data):
    """A finished cross-validation, whose runs are trained in this process."""
    output, started = data.parent / "out", []

    def run(words):
        started.append(words)
        return main(words) or 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cross_validation, "run_in_process", run)
        command("train", "classify", *flags(tiny, data, output, test=data))
        command("train", "classify", *flags(tiny, data, output, test=data))
    assert len(started) == 2                                            # finished folds do not run again
    return output


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.keras
def test_every_row_is_scored_once_by_the_run_that_has_not_seen_it(folder):
    joint = lines(folder / "out_of_fold" / "predictions.jsonl")
    assert [line["gold"] for line in joint] == [row["label"] for row in ROWS]       # all rows, in the order of the file
    parts = [lines(folder / f"fold-{fold}" / "seed-42" / "dev" / "predictions.jsonl") for fold in (1, 2)]
    alone = {line["id"]: line for part in parts for line in part}
    assert len(alone) == len(ROWS) == sum(map(len, parts))
    for line in joint:
        assert line["prediction"] == alone[line["id"]]["prediction"]
        assert line["loss"] == pytest.approx(alone[line["id"]]["loss"], abs=1e-4)
    for part in parts:
        assert sorted(line["gold"] for line in part) == sorted(row["label"] for row in ROWS)[::2]      # classes as in the file
    scores = json.loads((folder / "out_of_fold" / "scores.json").read_text(encoding="utf-8"))
    assert scores["accuracy"] == pytest.approx(np.mean([line["prediction"] == line["gold"] for line in joint]))


def test_the_folds_are_one_predictor(folder, data, capsys):
    predicted = lines(folder / "ensemble" / "test" / "predictions.jsonl")
    assert len(predicted) == len(ROWS)
    assert "Add --input FILE" in refused(capsys, "evaluate", "--run", folder / "ensemble", "--quiet")
    command("evaluate", "--run", folder / "ensemble", "--input", data, "--quiet")
    command("evaluate", "--run", folder / "fold-1" / "seed-42", "--quiet")
    runs = [folder / f"fold-{fold}" / "seed-42" for fold in (1, 2)]
    assert "is the run of a fold" in refused(capsys, "ensemble", *runs)


def test_the_table():
    table = fold_table([{"accuracy": 0.5, "loss": 1.0}, {"accuracy": 0.7, "loss": 2.0}], {"accuracy": 0.61})
    assert [line.split() for line in table.splitlines()] == [
        ["fold", "accuracy", "loss"], ["1", "0.5000", "1.0000"], ["2", "0.7000", "2.0000"], ["mean", "0.6000", "1.5000"],
        ["std", "0.1414", "0.7071"], ["all", "rows", "0.6100", "-"],
    ]  # fmt: skip


def test_bad_input(tiny, data, folder, tmp_path, capsys):
    for changes, message in (
        ({"folds": 1}, "--folds: expected a number, at least 2. Received: 1"),
        ({"dev": data}, "--folds takes the dev rows from the training file. Leave --dev out."),
        ({"held_out": 3}, "--held_out: expected a fold from 1 to --folds 2. Received: 3"),
        ({"folds": 0, "group": "author"}, "--group author is for --folds"),
        ({"learning_rate": 0.5, "output": folder}, "holds a run with learning_rate"),
    ):
        words = flags(tiny, data, tmp_path / "other")
        extra = [word for name, value in changes.items() for word in (f"--{name}", str(value))]
        assert message in refused(capsys, "train", "classify", *words, *extra)


@pytest.mark.parametrize(("changes", "message"), [
    ({"folds": 19, "held_out": 1}, "--folds 19: there are only 18 examples"),
    ({"held_out": 1, "group": "autor"}, "there is no column 'autor' for --group. Did you mean author"),
])  # fmt: skip
def test_rows_and_columns_that_are_missing(tiny, data, tmp_path, capsys, changes, message):
    extra = [word for name, value in changes.items() for word in (f"--{name}", str(value))]
    assert message in refused(capsys, "train", "classify", *flags(tiny, data, tmp_path / "other"), *extra)
