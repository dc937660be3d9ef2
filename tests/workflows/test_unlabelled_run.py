"""Training with unlabelled text, from the command line: the file is read, encoded and learnt from; its absence is one line."""

import json

import pytest
from conftest import write_lines

from baselines.cli.main import main


def test_vat_and_ema_learn_from_unlabelled_text(tiny, tmp_path):
    rows = [json.loads(line) for line in tiny.train.read_text(encoding="utf-8").splitlines()]
    text = write_lines(tmp_path / "text.json", [{"label": "none of them", "sentence": row["sentence"]} for row in rows[:7]])
    folder = tmp_path / "run"
    strategies = ["--strategies", "ema,vat", "--ema.momentum", "0.9", "--unlabelled", str(text), str(tiny.tests[0])]
    flags = tiny.flags(output=folder, quiet=True, epochs=1)
    assert main(["train", "clue/tnews", *flags, *strategies]) == 0
    recipe = (folder / "recipe.yaml").read_text(encoding="utf-8")
    assert "vat" in recipe and "text.json" in recipe
    data = json.loads((folder / "environment.json").read_text(encoding="utf-8"))["data"]
    assert {"unlabelled", "unlabelled 2"} <= data.keys()


@pytest.mark.parametrize(("flags", "line"), [
    (["--strategies", "vat"], "--strategies vat needs texts without labels."),
    (["--unlabelled", "more.json"], "--unlabelled: no strategy of this run uses it"),
    (["--strategies", "pgd", "--pgd.steps", "0"], "--pgd.steps: expected a number, at least 1. Received: 0"),
    (["--strategies", "fgm,ema", "--fgm.tabel", "x"], "--fgm.tabel: fgm has no such setting"),
])  # fmt: skip
def test_what_cannot_work_is_told_before_anything_is_computed(tiny, tmp_path, capsys, flags, line):
    folder = tmp_path / "run"
    assert main(["train", "clue/tnews", *tiny.flags(output=folder), *flags]) == 2
    errors = capsys.readouterr().err.strip()
    assert line in errors and "\n" not in errors
    assert not folder.exists()


def test_a_table_that_is_not_there_is_told_with_the_nearest(tiny, tmp_path, capsys):
    flags = ["--strategies", "fgm", "--fgm.table", "Embedding-Tokens/embeddings"]
    assert main(["train", "clue/tnews", *tiny.flags(output=tmp_path / "run", quiet=True), *flags]) == 2
    assert "--fgm.table: no trained weight has the path" in capsys.readouterr().err
