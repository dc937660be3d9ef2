"""Training with unlabelled text, from the command line: the file is read, encoded and learnt from; its absence is one line."""

import json

import pytest
from conftest import refused, write_lines

from baselines.cli.main import main
from baselines.training.trainer import Trainer


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


@pytest.mark.keras
def test_a_resumed_run_with_pseudo_labels_and_paraphrases_equals_an_uninterrupted_one(tiny, tmp_path, monkeypatch):
    text = [json.loads(line)["sentence"] for line in tiny.train.read_text(encoding="utf-8").splitlines()][:5]
    words = {"text": text, "more": [copy for each in text for copy in (each, each[::-1], each[1:])]}
    files = [write_lines(tmp_path / f"{name}.json", [{"sentence": line} for line in lines]) for name, lines in words.items()]
    chosen = ["--strategies", "pseudo_labels,uda", "--uda.threshold", "0.3", "--pseudo_labels.threshold", "0.3"]
    chosen += ["--unlabelled", str(files[0]), "--augmented", str(files[1]), "--accumulate", "2"]
    flags = {"unlabelled_ratio": 2, "quiet": True, "optimizer": "sgd"}
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    assert main(["train", "clue/tnews", *tiny.flags(output=whole, **flags), *chosen]) == 0

    save = Trainer._save

    def save_and_stop(trainer, position):
        save(trainer, position)
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_save", save_and_stop)
    assert main(["train", "clue/tnews", *tiny.flags(output=halved, **flags), *chosen]) == 130
    monkeypatch.undo()
    assert main(["train", "--resume", str(halved)]) == 0
    assert (halved / "metrics.jsonl").read_text() == (whole / "metrics.jsonl").read_text()
    assert (halved / "best" / "model.safetensors").read_bytes() == (whole / "best" / "model.safetensors").read_bytes()


def test_a_file_of_other_copies_is_refused(tiny, tmp_path, capsys):
    more = write_lines(tmp_path / "more.json", [{"sentence": "别的话"}])
    chosen = ["--strategies", "uda", "--unlabelled", tiny.tests[0], "--augmented", more]
    flags = [*tiny.flags(output=tmp_path / "run", quiet=True), *chosen]
    assert "row 1 of --unlabelled, is not in it" in refused(capsys, "train", "clue/tnews", *flags)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("flags", "line"), [
    (["--unlabelled_ratio", "2"], "--unlabelled_ratio 2: the run has no unlabeled text."),
    (["--unlabelled_ratio", "0"], "--unlabelled_ratio: expected a number, at least 1."),
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
