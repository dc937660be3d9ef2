"""run.py generate: texts and files, settings from flags, and one line for mistakes."""

import json

import pytest
from conftest import TITLES, write_lines

from baselines.cli.generate import GenerationFlags
from baselines.cli.main import main
from baselines.decoding.generation_config import GenerationConfig

TITLE, OTHER = TITLES["103"][:2]


def run(*argv):
    return main(["generate", *map(str, argv)])


@pytest.mark.parametrize(
    "usual, flags, expected",
    [
        (GenerationConfig(top_k=1), {}, GenerationConfig(top_k=1)),
        (
            GenerationConfig(top_k=5, seed=0), {"min_length": 2, "max_length": 9},
            GenerationConfig(top_k=5, min_tokens=2, max_tokens=9),
        ),
        (GenerationConfig(top_k=5, temperature=2.0, keep_end=True), {"beam": 3, "num": 2}, GenerationConfig(beam=3, num=2)),
        (GenerationConfig(beam=3, length_penalty=1.0), {"num": 3}, GenerationConfig(beam=3, num=3, length_penalty=1.0)),
        (GenerationConfig(beam=3), {"num": 4}, GenerationConfig(num=4)),
        (GenerationConfig(beam=3), {"top_p": 0.9}, GenerationConfig(top_p=0.9)),
        (GenerationConfig(top_k=1), {"temperature": 2.0}, GenerationConfig(temperature=2.0)),
        (GenerationConfig(top_k=1), {"num": 2}, GenerationConfig(num=2)),
        (GenerationConfig(top_k=5), {"num": 2}, GenerationConfig(top_k=5, num=2)),
        (GenerationConfig(beam=3), {"beam": 0}, GenerationConfig()),
        (GenerationConfig(top_k=1), {"repetition_penalty": 1.2}, GenerationConfig(top_k=1, repetition_penalty=1.2)),
        (GenerationConfig(beam=3), {"no_repeat_ngram": 3}, GenerationConfig(beam=3, no_repeat_ngram=3)),
        (GenerationConfig(top_k=1), {"top_k": 1, "seed": 4}, GenerationConfig(top_k=1, seed=4)),
    ],
)  # fmt: skip
def test_flags_over_what_is_usual(usual, flags, expected):
    assert GenerationFlags(**flags).generation_config(usual) == expected


@pytest.mark.keras
def test_a_text_appears_as_it_is_drawn_or_searched(seq2seq_run, capsys):
    assert run("--run", seq2seq_run, TITLE, "--min_length", 4) == 0
    greedy = capsys.readouterr().out
    assert len(greedy) > 3 and greedy.count("\n") == 1
    assert run("--run", seq2seq_run, TITLE, "--beam", 3, "--num", 2) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and float(lines[0].split()[0]) >= float(lines[1].split()[0])


def test_a_file_of_texts(seq2seq_run, tmp_path, capsys):
    (tmp_path / "a.txt").write_text(f"{TITLE}\n{OTHER}\n", encoding="utf-8")
    given, made = ("--run", seq2seq_run, "--quiet", "--input", tmp_path / "a.txt"), tmp_path / "out.jsonl"
    assert run(*given, "--output", made, "--top_k", 0, "--num", 2, "--seed", 1, "--min_length", 3) == 0
    lines = [json.loads(line) for line in made.read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == [1, 2] and capsys.readouterr().out == ""
    for line in lines:
        assert [{*text} for text in line["texts"]] == [{"text", "score", "finished"}] * 2
        assert line["texts"][0]["score"] >= line["texts"][1]["score"]


def test_a_dialogue_too_long_loses_its_oldest_utterances(chat_run, tmp_path, capsys):
    assert run("--run", chat_run, *[TITLE, OTHER] * 4, "--seed", 1) == 0
    assert "oldest utterances do not fit" in capsys.readouterr().err
    assert run("--run", chat_run, "--quiet", "--input", write_lines(tmp_path / "a.jsonl", [[TITLE], [TITLE, OTHER]])) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_either_a_text_or_a_file(capsys, tmp_path):
    for words in ((), (TITLE, "--input", "a.txt")):
        assert run("--run", tmp_path, *words) == 2
        assert "Give a text between quotes, or --input FILE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, told",
    [
        ((TITLE, "--beam", 3, "--top_k", 5), "--beam excludes --top_k, --top_p"), ((TITLE, OTHER), "takes one text, but got 2"),
        (("--input", "nowhere.jsonl"), "nowhere.jsonl"), ((TITLE, "--max_length", 40), "max_length: 40 of 30 tokens leave no room"),
        ((TITLE, "--min_length", 9, "--max_length", 3), "0 <= --min_length <= --max_length"),
        ((TITLE, "--seed", -1), "--seed -1 is out of range"), ((TITLE, "--temperature", 0), "--temperature: 0.0 is out of range"),
        ((TITLE, "--top_p", 2), "--top_p: 2.0 is out of range"), ((TITLE, "--beam", 2, "--num", 3), "a beam of 2 finds that many"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_line(seq2seq_run, words, told, capsys):
    assert run("--run", seq2seq_run, *words) == 2
    shown = capsys.readouterr().err
    assert told in shown and "Traceback" not in shown


def test_runs_that_do_not_write_and_folders_that_are_no_runs(tiny_run, tmp_path, capsys):
    assert run("--run", tiny_run.run, TITLE) == 2
    assert "does not generate text" in capsys.readouterr().err
    assert run("--run", tmp_path / "none", TITLE) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "changes, told",
    [({"self_terminating": 1.0}, "--self_terminating"), ({"self_terminating": 0.1, "loss": "focal"}, "--loss focal")],
)
def test_training_to_end_that_cannot_be(tiny, tmp_path, changes, told, capsys):
    data = write_lines(tmp_path / "a.jsonl", [{"source": TITLE, "target": OTHER}])
    flags = tiny.flags(train=data, dev=data, output=tmp_path / "run", **changes)
    assert main(["train", "seq2seq", *flags]) == 2
    assert told in capsys.readouterr().err
