"""A run of each extraction task from its files to words, triples and events: trained, opened again, predicted."""

import json
from pathlib import Path

import pytest
from conftest import command, refused, write_checkpoint

ROOT = Path(__file__).resolve().parents[2]
MINI = ROOT / "datasets" / "mini"
FLAGS = ("--from_scratch", "--epochs", "1", "--batch_size", "8", "--max_length", "32", "--no_jit", "--cache", "", "--quiet")


def trained(folder, task, train, *flags):
    """A run of an epoch on a few lines, with a checkpoint of the letters of all data."""
    lines = [line for line in train.read_text(encoding="utf-8").splitlines() if line.strip()][:24]
    data = folder / train.name
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    letters = sorted(set("".join(lines)) - set(" \n"))
    checkpoint = write_checkpoint(folder / "checkpoint", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])
    run = folder / "run"
    command("train", task, "--init", checkpoint, "--train", data, "--dev", data, "--output", run, *FLAGS, *flags)
    return run, data


@pytest.mark.keras
@pytest.mark.parametrize(
    ("task", "file", "flags", "parts"),
    [
        ("extract", "extract/train.jsonl", (), dict),
        ("extraction/duie", "extraction/duie/duie_train.json", (), list),
        ("extraction/duee", "extraction/duee/duee_train.json", ("--head", "gplinker"), list),
    ],
)
def test_a_run_is_trained_opened_and_predicts(tmp_path, capsys, task, file, flags, parts):
    run, data = trained(tmp_path, task, MINI / file, *flags)
    assert (run / "dev" / "labels.txt").read_text(encoding="utf-8").split()[:2] == ["label", "gold"]
    scores = json.loads((run / "dev" / "scores.json").read_text(encoding="utf-8"))
    command("predict", task, "--run", run, "--input", data, "--output", tmp_path / "p.jsonl", "--quiet")
    lines = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 24 and all(isinstance(line["prediction"], parts) for line in lines)
    assert all(0 <= value <= 1 for name, value in scores.items() if name != "loss")


def test_words_of_a_text_from_the_command_line(tmp_path, capsys):
    run, data = trained(tmp_path, "segment", MINI / "segment" / "train.txt", "--pos")
    capsys.readouterr()
    text = "昨天，青禾科技裁员 ok"
    command("segment", text, "我和", "--run", run, "--separator", " ")
    first, second = capsys.readouterr().out.splitlines()
    assert "".join(word.rpartition("/")[0] for word in first.split()) == text.replace(" ", "") and second
    command("segment", "--input", data, "--run", run, "--json", "--output", tmp_path / "words.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "words.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 24 and all(len(word) == 2 for line in lines for word in line)
    assert "there is nothing to cut" in refused(capsys, "segment", "--run", run)
    assert "a text is empty" in refused(capsys, "segment", " ", "--run", run)
    capsys.readouterr()
    command("evaluate", "segment", "--run", run, "--known_words", data, "--quiet")
    assert "oov_rate 0.0000" in capsys.readouterr().out


def reading_file(path, *questions):
    context = "柳桥建于1923年，桥长120米"
    qas = [{"id": str(number), "question": question, "answers": answers} for number, (question, answers) in enumerate(questions)]
    document = {"data": [{"paragraphs": [{"context": context, "qas": qas}]}]}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    letters = sorted({*context, *"".join(question for question, _ in questions)})
    return write_checkpoint(path.parent / "checkpoint", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])


@pytest.mark.parametrize("task", ["read", "extraction/dureader"])
def test_questions_without_an_answer_are_learned_and_may_stay_unanswered(tmp_path, capsys, task):
    data = tmp_path / "train.json"
    year = [{"text": "1923年", "answer_start": 4}]
    checkpoint = reading_file(data, *[("哪年建的", year), ("谁建的", [])] * 4)
    run = tmp_path / "run"
    command("train", task, "--init", checkpoint, "--train", data, "--dev", data, "--output", run, "--impossible", *FLAGS)
    scores = json.loads((run / "dev" / "scores.json").read_text(encoding="utf-8"))
    assert {"f1", "answerable_f1", "unanswerable_accuracy", "best_threshold", "best_f1"} <= scores.keys()
    assert scores["best_f1"] >= scores["f1"] - 1e-6
    for threshold, empty in (("-1e9", False), ("1e9", True)):
        capsys.readouterr()
        command("predict", task, "--run", run, "谁建的", "柳桥建于1923年", "--no_answer_threshold", threshold)
        assert (json.loads(capsys.readouterr().out)["prediction"] == "") is empty
