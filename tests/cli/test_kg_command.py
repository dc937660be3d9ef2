"""run.py kg: build an index, look into it, and what is told to whom."""

import pytest
from conftest import ROOT

from baselines.cli.main import main
from baselines.retrieval.prefix_index.index import PrefixIndex

VOCABULARY = str(ROOT / "checkpoints" / "mini")
LINES = ["守望星光（演唱歌曲）\t出品公司\t原创音乐", "龙晶\t繁体\t龍晶", "龙晶\t繁体\t" + "长" * 200]


@pytest.fixture
def knowledge(tmp_path):
    (tmp_path / "Knowledge.txt").write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    return tmp_path / "Knowledge.txt"


def run(*argv):
    return main(["kg", *map(str, argv)])


def test_build_then_inspect(knowledge, tmp_path, capsys):
    assert run("build", knowledge, "--vocab", VOCABULARY, "--out", tmp_path / "kg.index") == 0
    assert "2 names" in capsys.readouterr().err
    assert run("inspect", tmp_path / "kg.index", "--vocab", VOCABULARY) == 0
    shown = capsys.readouterr().out
    assert "knowledge" in shown and "守望星光（演唱歌曲）  出品公司  原创音乐" in shown and "长" * 80 + "…" in shown
    assert run("inspect", tmp_path / "kg.index", "--limit", "0") == 0
    assert "龙晶" not in capsys.readouterr().out


def test_other_formats(tmp_path, capsys):
    (tmp_path / "keys.txt").write_text("刘晓华\n守望星光\n", encoding="utf-8")
    out = ("--vocab", VOCABULARY, "--out", tmp_path / "out")
    assert run("build", tmp_path / "keys.txt", *out, "--format", "lines", "--quiet") == 0
    assert len(PrefixIndex.open(tmp_path / "out")) == 2


def test_lines_that_are_left_out_are_told(knowledge, tmp_path, capsys):
    knowledge.write_text(knowledge.read_text(encoding="utf-8") + "龙（\t是\t龙\nalone\n", encoding="utf-8")
    out = ("--vocab", VOCABULARY, "--out", tmp_path / "kg.index")
    assert run("build", knowledge, *out) == 2
    assert f"{knowledge}:5: expected subject, predicate and object" in capsys.readouterr().err
    assert run("build", knowledge, *out, "--skip_bad_lines") == 0
    told = capsys.readouterr().err
    assert "skipped 1 lines" in told and "1 names have unmatched brackets" in told


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["bulid"], "Did you mean build?"),
        (["build"], "kg build: the file is missing"),
        (["build", "nowhere.txt", "--vocab", VOCABULARY, "--out", "x"], "nowhere.txt does not exist"),
        (["build", "FILE", "--vocab", "nowhere", "--out", "x"], "--vocab: nowhere does not exist"),
        (["build", "FILE", "--vocab", VOCABULARY, "--out", "x", "--format", "json"], "Did you mean jsonl"),
        (["build", "FILE", "--vocab", VOCABULARY], "--out"),
        (["build", "FILE", "--vocab", "nowhere", "--out", "."], "it is the working folder"),
        (["build", "FILE", "--vocab", "nowhere", "--out", ""], "it is the working folder"),
        (["inspect", "nowhere"], "nowhere is not an index"),
        (["inspect"], "kg inspect: the folder of an index is missing"),
    ],
)
def test_mistakes_are_told_in_a_line(knowledge, capsys, argv, message):
    assert run(*[knowledge if word == "FILE" else word for word in argv]) == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1


def test_another_vocabulary_is_told(knowledge, tmp_path, capsys):
    assert run("build", knowledge, "--vocab", VOCABULARY, "--out", tmp_path / "kg.index", "--quiet") == 0
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n龙\n", encoding="utf-8")
    capsys.readouterr()
    assert run("inspect", tmp_path / "kg.index", "--vocab", tmp_path) == 2
    assert "built with another vocabulary" in capsys.readouterr().err


def test_help_of_both(capsys):
    for argv in ([], ["--help"]):
        run(*argv)
        assert "kg build FILE" in capsys.readouterr().out
    for verb in ("build", "inspect"):
        with pytest.raises(SystemExit):
            run(verb, "--help")
        assert "--vocab" in capsys.readouterr().out
