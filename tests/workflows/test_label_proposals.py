"""Proposed labels: the order, the columns, and a table that `train` reads; runs that do not fit together are refused."""

import csv
import json
import shutil

import numpy as np
import pytest
from conftest import command, refused, write_lines

from baselines.task import Example
from baselines.workflows.label_proposals import table

EXAMPLES = [Example(id=name, texts=(f"text {name}",)) for name in "abc"]
PROBABILITIES = np.array([
    [[0.9, 0.1, 0.0], [0.5, 0.3, 0.2], [0.45, 0.1, 0.45]],
    [[0.7, 0.3, 0.0], [0.3, 0.5, 0.2], [0.55, 0.1, 0.35]],
])  # fmt: skip
"""Means: a .8 .2 .0, b .4 .4 .2, c .5 .1 .4."""
NAMES = ("id", ("text",), "label")


@pytest.mark.parametrize(("order", "expected"), [
    ("confidence", "bca"), ("margin", "bca"), ("entropy", "bca"), ("disagreement", "bca"),
])  # fmt: skip
def test_the_least_certain_row_comes_first(order, expected):
    rows = table(EXAMPLES, ["x", "y", "z"], PROBABILITIES, NAMES, order)
    assert "".join(row["id"] for row in rows) == expected
    assert rows[0] == {
        "id": "b", "text": "text b", "label": "x", "confidence": 0.4, "disagreement": 0.5, "votes": "x | y",
    }  # fmt: skip


def test_orders_differ_where_certainty_has_several_sides():
    """p is unsure between all classes, q between two; r has a confident dissenter."""
    examples = [Example(id=name, texts=(name,)) for name in "pqr"]
    first = [[0.4, 0.3, 0.3], [0.49, 0.48, 0.03], [0.95, 0.03, 0.02]]
    second = [[0.4, 0.3, 0.3], [0.49, 0.48, 0.03], [0.25, 0.74, 0.01]]
    probabilities = np.array([first, second])
    found = {
        order: "".join(row["id"] for row in table(examples, "xyz", probabilities, NAMES, order))
        for order in ("confidence", "margin", "entropy", "disagreement")
    }
    assert found == {"confidence": "pqr", "margin": "qpr", "entropy": "pqr", "disagreement": "rpq"}


def test_one_run_has_no_votes():
    rows = table(EXAMPLES, ["x", "y", "z"], PROBABILITIES[:1], NAMES)
    assert all("votes" not in row and row["disagreement"] == 0 for row in rows)


@pytest.fixture(scope="module")
def committee(tiny, tmp_path_factory):
    """Two runs of classify with columns of their own names."""
    folder = tmp_path_factory.mktemp("label")
    runs = [folder / "first", folder / "second"]
    for seed, run in enumerate(runs):
        command("train", "classify", "--text", "sentence", *tiny.flags(epochs=1, output=run, seed=seed, quiet=True))
    return runs


def test_a_table_of_two_runs_trains_a_third(tiny, committee, tmp_path, capsys):
    out = tmp_path / "check.csv"
    command("label", tiny.dev, "--run", committee[0], "--run", committee[1], "--out", out, "--quiet")
    assert "check.csv: 9 of 9 rows; the runs disagree about" in capsys.readouterr().err
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert list(rows[0]) == ["id", "sentence", "label", "confidence", "disagreement", "votes"]
    texts = {json.loads(line)["sentence"] for line in tiny.dev.read_text(encoding="utf-8").splitlines()}
    assert {row["sentence"] for row in rows} == texts and {row["label"] for row in rows} <= {"103", "109", "112"}
    assert [float(row["confidence"]) for row in rows] == sorted(float(row["confidence"]) for row in rows)
    corrected = write_lines(tmp_path / "corrected.jsonl", [{**row, "label": str(number % 2)} for number, row in enumerate(rows)])
    flags = tiny.flags(train=corrected, dev=corrected, epochs=1, output=tmp_path / "third", quiet=True)
    command("train", "classify", "--text", "sentence", *flags)


def test_runs_that_do_not_fit_are_refused(tiny, tiny_run, seq2seq_run, tmp_path, capsys):
    out = tmp_path / "check.csv"
    assert "no run is given" in refused(capsys, "label", tiny.dev, "--out", out)
    assert "predicts no labels" in refused(capsys, "label", tiny.dev, "--run", seq2seq_run, "--out", out)
    assert "Did you mean margin?" in refused(capsys, "label", tiny.dev, "--run", tiny_run.run, "--out", out, "--order", "margn")
    assert "unknown format" in refused(capsys, "label", tiny.dev, "--run", tiny_run.run, "--out", tmp_path / "check.xls")
    other = shutil.copytree(tiny_run.run, tmp_path / "other")
    (other / "labels.json").write_text('["103", "109", "999"]')
    told = refused(capsys, "label", tiny.dev, "--run", tiny_run.run, "--run", other, "--out", out)
    assert "has other labels than" in told and "'100'" in told
    assert not out.exists()


def test_a_text_with_a_line_end_needs_another_format(tiny, tiny_run, tmp_path, capsys):
    data = write_lines(tmp_path / "texts.json", [{"id": 0, "sentence": "两行\n文字"}])
    words = ["label", data, "--run", tiny_run.run, "--quiet", "--out"]
    assert "holds a tab or a line end. Write a .csv or .jsonl file." in refused(capsys, *words, tmp_path / "check.tsv")
    command(*words, tmp_path / "check.csv")
    assert next(csv.DictReader((tmp_path / "check.csv").open(encoding="utf-8", newline="")))["text"] == "两行\n文字"
