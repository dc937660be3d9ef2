"""`run.py lint`, end to end: a clean set ends with 0, a dirty one with 1, a bad file with 2, and no backend is imported."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, TITLES, write_lines

from baselines.cli.argument_parser import parse_train
from baselines.cli.main import main
from baselines.errors import InputError
from baselines.plugins import task_catalog
from baselines.task import Linting, Span
from baselines.workflows import data_linting

SPLITS = {"train": slice(0, 4), "dev": slice(4, 5), "test": slice(5, 6)}
LABELS = [{"label": label} for label in TITLES]


@pytest.fixture
def data(tmp_path, tiny):
    """A function that writes rows for train, dev and test, and returns the flags of a command on them."""

    def flags(train, dev, test, *more, **options):
        given = {"train": train, "dev": dev, "test": test}
        paths = {name: write_lines(tmp_path / f"{name}.json", rows) for name, rows in given.items()}
        labels = write_lines(tmp_path / "labels.json", LABELS)
        values = {**paths, "labels": labels, "init": tiny.checkpoint, "output": tmp_path / "report", "max_length": 16, **options}
        return ["clue/tnews", *(word for name, value in values.items() for word in (f"--{name}", str(value))), *more]

    return flags


def rows(split, copies=1):
    """Titles of the tests' three topics, each split with its own; a number in front makes copies different texts."""
    return [{"label": label, "sentence": f"{'新' * copy}{title}"}
            for label, titles in TITLES.items() for title in titles[SPLITS[split]] for copy in range(copies)]  # fmt: skip


def clean():
    return rows("train", copies=2), rows("dev"), [{"id": i, "sentence": row["sentence"]} for i, row in enumerate(rows("test"))]


def run_lint(argv, tmp_path):
    code = main(["lint", *argv])
    return code, json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))


def findings(report):
    return {finding["what"]: finding for section in report["sections"] for finding in section["findings"]}


def test_a_clean_set(data, tmp_path, capsys):
    code, report = run_lint(data(*clean()), tmp_path)
    assert code == 0 and report["verdict"] == "ok", [one for one in findings(report).values() if one["verdict"] != "ok"]
    assert {"lengths", "unknown characters", "classes", "duplicates"} == {section["section"] for section in report["sections"]}
    assert report["task"] == "clue/tnews" and report["classes"]["train"] == dict.fromkeys(TITLES, 8)
    assert (tmp_path / "report" / "report.png").read_bytes().startswith(b"\x89PNG")
    shown = capsys.readouterr().out
    assert "suggested max_length" in shown and "verdict" in shown
    assert shown.splitlines()[-1] == f"clue/tnews: ok. Report: {tmp_path / 'report' / 'report.json'}"


def test_a_dirty_set(data, tmp_path, capsys):
    train, dev, test = clean()
    train += [train[0], {**train[1], "label": "112"}, {"label": "103", "sentence": "球" * 40 + "囧" * 30}]
    dev += [{**train[2], "label": "109"}, {"label": "103", "sentence": "\u200b"}]
    test += [{"id": 99, "sentence": f" {dev[0]['sentence']}"}]
    code, report = run_lint(data(train, dev, test), tmp_path)
    found = findings(report)
    assert code == 1 and report["verdict"] == "error"
    assert found["cut at max_length 16"]["values"]["train"]["count"] == 1
    assert found["longer than 64 tokens"]["where"][0].startswith("train.json:27: 球球")
    assert found["with an empty text"]["where"] == ["dev.json:5: '\\u200b'"]
    assert found["most frequent"]["values"]["train"] == "囧 30"
    assert found["[UNK] among the tokens"]["verdict"] == "error"
    assert found["repeated"]["values"]["train"]["count"] == 2
    assert found["the same with different gold"]["values"]["train"]["count"] == 2
    (place,) = found["also in train with another gold"]["where"]
    assert place == "dev.json:4: 前锋梅开二度: dev.json:4 says '109', train.json:3 says '103'"
    assert found["also in dev after normalization"]["values"]["test"]["count"] == 1
    assert "error: also in train with another gold" in capsys.readouterr().out


@pytest.mark.parametrize("name, row, part", [
    ("train", {"label": "999", "sentence": "球"}, "train.json:25: unknown label"),
    ("dev", {"sentence": "球"}, "dev.json:4: no gold answer"),
    ("test", {"id": 8, "sentence": ""}, "test.json:4: sentence is not a text, or is empty"),
])  # fmt: skip
def test_what_training_refuses_ends_with_2(data, tmp_path, capsys, name, row, part):
    given = dict(zip(("train", "dev", "test"), clean(), strict=True))
    given[name].append(row)
    assert main(["lint", *data(**given)]) == 2
    assert part in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_a_missing_checkpoint_or_file_ends_with_2(data, capsys):
    assert main(["lint", *data(*clean(), init="nowhere")]) == 2
    assert "--init: no checkpoint folder at nowhere" in capsys.readouterr().err
    assert main(["lint", *data(*clean()), "--dev", "none.json"]) == 2
    assert "none.json" in capsys.readouterr().err


def test_quiet_prints_the_verdict_only(data, capsys):
    assert main(["lint", *data(*clean(), "--quiet")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_no_backend_is_imported(data):
    code = (
        "import sys\nfrom baselines.cli.main import main\nstop = main(sys.argv[1:])\n"
        "print([n for n in ('keras', 'tensorflow', 'jax') if n in sys.modules])"
    )
    command = [sys.executable, "-c", code, "lint", *data(*clean(), "--quiet")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_embedded_data_has_no_fault(tmp_path):
    output = str(tmp_path / "report")
    assert main(["lint", "clue/ocnli", "--demo", "--output", output, "--quiet"]) == 0
    report = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert list(report["files"]) == ["train", "dev", "test"]


def spans_of(example):
    return [Span(0, 0, 2, "x"), Span(0, 6, 8, "y")]


@pytest.mark.parametrize("windows", [1, 2])
def test_spans_and_windows(data, tiny, windows):
    """A task that marks spans: its texts are cut at max_length, or go into windows of which nothing is lost."""

    def encode(example, tokenizer, max_length):
        ids = tokenizer.ids(example.texts[0])
        parts = [ids] if windows == 1 else [ids[i : i + max_length - 2] for i in range(0, len(ids), max_length - 2)]
        for part in parts:
            yield tokenizer.assemble([part], max_length), None

    argv = data(*clean(), max_length=8)[1:]
    name, task = task_catalog.find("clue/tnews")
    task = dataclasses.replace(task, encode=encode, linting=Linting(spans=spans_of), labels=None, bind=None, options=None)
    argv = [word for word in argv if word != "--labels" and not word.endswith("labels.json")]
    arguments = parse_train(task, argv, "lint")
    tokenizer = data_linting.Tokenizer.from_folder(tiny.checkpoint)

    class Display:
        def track(self, iterable, label, total=None):
            return iterable

    split = data_linting.measure("train", arguments.flags.train, task, tokenizer, 8, Display())
    assert bool(split.truncated.any()) == (windows == 1) and (split.rows > len(split)) == (windows == 2)
    sections, _ = data_linting.run_checks([split], task, tokenizer, 8, 64)
    found = {one.what: one for section in sections for one in section.findings}
    long_enough = sum(len(example.texts[0]) >= 8 for example in split.examples)
    assert 0 < long_enough < len(split)
    assert found["outside the text, or empty"].values["train"].count == len(split) - long_enough
    assert found["cut off by max_length"].values["train"].count == (long_enough if windows == 1 else 0)
    assert found["classes, of 2"].values == {"train": 2}


def test_tokens_of_an_example_are_those_of_its_longest_row():
    rows = dataclasses.make_dataclass("Rows", ["example", "lengths"])(np.array([0, 2, 2]), np.array([4, 5, 3]))
    longest, number = data_linting.per_example(rows, 3)
    assert longest.tolist() == [4, 0, 5] and number.tolist() == [1, 0, 2]


def test_a_used_output_folder_is_refused(data, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "notes.txt").write_text("mine")
    arguments = data(*clean())
    task = task_catalog.find("clue/tnews")[1]
    with pytest.raises(InputError, match="in use"):
        data_linting.lint("clue/tnews", parse_train(task, arguments[1:], "lint"))


def test_several_replies_to_the_same_words_are_no_conflict(tiny, tmp_path):
    train = write_lines(tmp_path / "train.jsonl", [["国足取胜", "好"], ["国足取胜", "不是吧"], ["女排取胜", "好"]])
    dev = write_lines(tmp_path / "dev.jsonl", [["国足取胜", "赢了"]])
    flags = ["--train", str(train), "--dev", str(dev), "--init", str(tiny.checkpoint), "--output", str(tmp_path / "report")]
    _, report = run_lint(["chat", *flags, "--max_length", "16"], tmp_path)
    (found,) = [section for section in report["sections"] if section["section"] == "duplicates"]
    assert {finding["verdict"] for finding in found["findings"]} == {"ok"}
