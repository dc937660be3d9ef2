"""Distillation from the command line: the student is an ordinary run, resumable; what does not fit is one line."""

import json

import pytest
from conftest import command, refused, write_checkpoint, write_lines

from baselines.cli.main import main
from baselines.training.trainer import Trainer

SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "small.json"
    path.write_text(json.dumps(SMALL))
    return path


def words(run, small, output, *more):
    return ["distill", "--run", run, "--model", small, "--output", output, "--quiet", "--epochs", "2", *more]


@pytest.mark.keras
def test_a_student_is_a_run_and_resumes_as_if_uninterrupted(tiny_run, small, tmp_path, monkeypatch, capsys):
    more = ["--unlabelled", tiny_run.tests[0], "--distill.hidden", "0.5", "--accumulate", "2"]
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    command(*words(tiny_run.run, small, whole, *more))
    told = capsys.readouterr().err
    assert "teacher" in told and "CPU ms/text" in told
    teacher, student = json.loads((whole / "distillation.json").read_text())
    assert student["parameters"] < teacher["parameters"] and student["megabytes"] < teacher["megabytes"]
    assert student["score"] == json.loads((whole / "dev" / "scores.json").read_text())["accuracy"]
    ours, theirs = (json.loads((run / "best" / "config.json").read_text()) for run in (whole, tiny_run.run))
    assert ours["hidden_size"] == 8 and ours["label2id"] == theirs["label2id"]

    save = Trainer._save

    def save_and_stop(trainer, position):
        save(trainer, position)
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_save", save_and_stop)
    assert main(list(map(str, words(tiny_run.run, small, halved, *more)))) == 130
    monkeypatch.undo()
    command("distill", "--resume", halved)
    assert (halved / "metrics.jsonl").read_text() == (whole / "metrics.jsonl").read_text()
    assert (halved / "best" / "model.safetensors").read_bytes() == (whole / "best" / "model.safetensors").read_bytes()
    assert (halved / "distillation.txt").is_file()
    data = json.loads((whole / "environment.json").read_text())["data"]
    assert data["teacher"]["file"] == str(tiny_run.run / "best" / "model.safetensors")


def test_without_the_training_file_the_teacher_labels_the_text(tiny, tiny_run, small, tmp_path):
    output = tmp_path / "student"
    gone = ["--train", tmp_path / "gone.json", "--unlabelled", tiny_run.tests[0]]
    command(*words(tiny_run.run, small, output, *gone, "--epochs", "1"))
    recipe = (output / "recipe.yaml").read_text()
    assert "distill.teacher_labels: true" in recipe and "unlabelled: null" in recipe
    counts = json.loads((output / "label_counts.json").read_text())
    assert sum(counts.values()) == 5


def test_vectors_are_learned_by_their_cosines(simbert_run, small, tmp_path):
    text = tmp_path / "texts.txt"
    text.write_text("新手机下周发布\n古镇周末游人如织\n海边民宿怎么选\n", encoding="utf-8")
    output = tmp_path / "student"
    command(*words(simbert_run, small, output, "--unlabelled", text, "--epochs", "1", "--distill.gold", "0.5"))
    rows = json.loads((output / "distillation.json").read_text())
    assert [row["metric"] for row in rows] == ["mrr", "mrr"]


def test_choices_are_distilled_without_hidden_states(tiny, small, tmp_path, capsys):
    question = {"passage": "球队主场赢下德比", "question": "谁赢下", "choices": ["球队", "门将"], "answer": "球队"}
    data = write_lines(tmp_path / "choose.jsonl", [{**question, "id": number} for number in range(6)])
    flags = tiny.flags(train=data, dev=data, epochs=1, output=tmp_path / "teacher", quiet=True)
    command("train", "choose", *flags)
    teacher = tmp_path / "teacher"
    told = refused(capsys, *words(teacher, small, tmp_path / "student", "--distill.hidden", "1"))
    assert "the output of block 1 cannot be read" in told
    assert not (tmp_path / "student").exists() and not (tmp_path / "student-start").exists()
    command(*words(teacher, small, tmp_path / "student", "--epochs", "1", "--unlabelled", data))


def test_what_does_not_fit_is_one_line(tiny, tiny_run, seq2seq_run, small, tmp_path, capsys):
    run, output = tiny_run.run, tmp_path / "student"
    assert "no teacher is given" in refused(capsys, "distill", "--model", small)
    assert "no student is given" in refused(capsys, "distill", "--run", run)
    assert "--model and --init exclude each other" in refused(capsys, *words(run, small, output, "--init", tiny.checkpoint))
    assert "distill is missing. Write distill,ema." in refused(capsys, *words(run, small, output, "--strategies", "ema"))
    assert "expected teacher or random. Received: randm" in refused(capsys, *words(run, small, output, "--start", "randm"))
    assert "is no student's run" in refused(capsys, "distill", "--resume", run)
    assert "cannot be distilled" in refused(capsys, *words(seq2seq_run, small, output))
    plain = ["train", "clue/tnews", *tiny.flags(quiet=True, strategies="distill", output=output)]
    assert "--strategies distill: no teacher is given. Add --distill.teacher RUN" in refused(capsys, *plain)
    other = write_checkpoint(tmp_path / "other", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "球"])
    chosen = ["--init", other, "--from_scratch", "--output", output, "--quiet"]
    assert "has another tokenizer than its teacher" in refused(capsys, "distill", "--run", run, *chosen)
    empty = tmp_path / "empty.json"
    empty.write_text("")
    assert "empty.json is empty" in refused(capsys, *words(run, small, output, "--unlabelled", empty))
    gone = ["--train", tmp_path / "gone.json"]
    assert "gone.json does not exist. Give a training file, or --unlabelled" in refused(capsys, *words(run, small, output, *gone))
    wide = tmp_path / "wide.json"
    wide.write_text(json.dumps({**SMALL, "hidden_size": 32}))
    assert "its hidden_size is larger" in refused(capsys, *words(run, wide, output, "--start", "teacher"))
    assert not output.exists() and not (tmp_path / "student-start").exists()


def test_a_student_with_other_labels_is_one_line(tiny, small, tmp_path, capsys):
    rows = [{"text": "球队主场赢下德比", "label": label} for label in ("好", "坏")]
    teacher_data = write_lines(tmp_path / "teacher.jsonl", rows)
    other = write_lines(tmp_path / "other.jsonl", [*rows, {"text": "门将扑出点球", "label": "中"}])
    files = {"train": teacher_data, "dev": teacher_data, "output": tmp_path / "teacher"}
    command("train", "classify", *tiny.flags(**files, epochs=1, quiet=True))
    told = refused(capsys, *words(tmp_path / "teacher", small, tmp_path / "student", "--train", other))
    assert "other.jsonl:3: unknown label '中'" in told


@pytest.mark.keras
def test_a_student_takes_the_places_of_its_teacher(tiny_run, small, tmp_path, capsys):
    shallow = tmp_path / "shallow.json"
    shallow.write_text(json.dumps({**SMALL, "hidden_size": 16, "intermediate_size": 32}))
    by = ["--by", "theseus", "--theseus.until", "0.5"]
    command(*words(tiny_run.run, shallow, tmp_path / "student", *by))
    assert "theseus.until: '0.5'" in (tmp_path / "student" / "recipe.yaml").read_text()
    assert (tmp_path / "student" / "distillation.txt").is_file()
    told = refused(capsys, *words(tiny_run.run, small, tmp_path / "narrow", *by))
    assert "1 blocks of 8 cannot take the places of 1 of 16" in told
    other = words(tiny_run.run, shallow, tmp_path / "other")
    assert "--unlabelled: no strategy" in refused(capsys, *other, *by, "--unlabelled", tiny_run.tests[0])
    assert "with --recompute" in refused(capsys, *other, *by, "--recompute")
    assert "expected distill or theseus" in refused(capsys, *other, "--by", "thesus")
