"""What a user gets wrong ends with code 2 and one line that says where; nothing half-written stays behind."""

import errno
import json
import os
import shutil

import pytest
import safetensors
import safetensors.numpy
from conftest import write_checkpoint

from baselines.cli.main import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory: what a refused command leaves there can be seen."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.fixture
def refused(folder, capsys):
    """A function that runs a command which must fail, and returns the one line that it prints."""

    def refuse(*argv):
        capsys.readouterr()
        code = main([str(word) for word in argv])
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ") or "Traceback" in line]
        assert code == 2 and len(lines) == 1, lines
        return lines[0]

    return refuse


@pytest.fixture
def refused_training(tiny, folder, refused):
    """A function that trains with changed flags, which must fail before anything is written."""

    def refuse(task="clue/tnews", **changes):
        before = sorted(folder.rglob("*"))
        message = refused("train", task, *tiny.flags(**changes))
        assert sorted(folder.rglob("*")) == before
        return message

    return refuse


def expect(message, *parts):
    assert [part for part in parts if part not in message] == [], message


ROW = {"sentence": "球队赢球", "label": "103"}


def data_file(folder, *lines, name="train.json"):
    path = folder / name
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) + "\n" for line in lines]
    path.write_text("".join(texts), encoding="utf-8")
    return path


# What is typed

@pytest.mark.parametrize("argv, parts", [
    (["trian"], ["trian", "no such verb", "Did you mean train"]),
    (["train"], ["no task is given", "run.py list"]),
    (["train", "--demo"], ["no task is given"]),
    (["train", "clue/tnew"], ["clue/tnew", "Did you mean clue/tnews"]),
    (["train", "clue/tnews", "--batchsize", "3"], ["--batchsize", "Did you mean --batch_size"]),
    (["train", "clue/tnews", "--epochs", "three"], ["--epochs", "'three'"]),
    (["train", "clue/tnews", "--init"], ["--init"]),
    (["train", "clue/tnews", "--model", "brt"], ["'brt'", "bert"]),
    (["train", "clue/tnews", "--optimizer", "adamv"], ["'adamv'", "adamw"]),
    (["train", "clue/tnews", "--strategies", "none_such"], ["'none_such'", "strategies"]),
    (["train", "clue/tnews", "--config", "none.yaml"], ["none.yaml", "does not exist"]),
    (["train", "--resume", "none"], ["none", "not a run folder"]),
    (["train", "--resume"], ["--resume", "a value is missing"]),
    (["train", "--resume", "x", "--epochs", "3"], ["x", "run folder"]),
    (["list", "task"], ["task", "Did you mean tasks"]),
    (["env", "now"], ["now"]),
    (["evaluate", "clue/tnews"], ["--run"]),
    (["evaluate", "clue/tnews", "--run", "none"], ["none", "not a run folder"]),
    (["evaluate", "clue/tnews", "--run", "none", "--input", "a", "--dev", "b"], ["--input", "--dev", "Give one"]),
    (["predict", "clue/tnews", "--run", "none"], ["there is nothing to predict", "--input FILE"]),
    (["predict", "clue/tnews", "--run", "none", "--input", "f", "text"], ["exclude each other"]),
    (["submit", "clue/tnews", "--run", "none"], ["not a run folder"]),
    (["submit", "clue/tnews", "--run", "none", "--test"], ["not a run folder"]),
    (["rerun"], ["no run folder is given"]),
    (["rerun", "none"], ["not a run folder"]),
    (["compare", "none"], ["two run folders or more"]),
    (["compare", "none", "nowhere"], ["not a run folder"]),
    (["inspect"], ["takes one checkpoint"]),
    (["inspect", "none"], ["none"]),
])  # fmt: skip
def test_command_lines(refused, folder, argv, parts):
    expect(refused(*argv), *parts)
    assert list((folder / "here").iterdir()) == []


# Data

def test_no_data_at_all_says_where_it_comes_from(refused, tiny):
    message = refused("train", "clue/tnews", "--init", tiny.checkpoint, "--from_scratch")
    expect(message, "datasets/clue/tnews/train.json", "https://", "--train", "--demo")


@pytest.mark.parametrize("lines, parts", [
    ([ROW, '{"sentence": \n'], ["train.json:2", "not JSON"]),
    ([ROW, "[1]\n"], ["train.json:2", "object"]),
    ([ROW, ROW | {"label": "3"}], ["train.json:2", "'3'", "label"]),
    ([ROW, {"label": "103", "sentense": "x"}], ["train.json:2", "'sentence'", "Did you mean sentense"]),
    ([ROW, {"sentence": "x"}], ["train.json:2", "gold"]),
    ([ROW | {"id": 4}, ROW, ROW | {"id": 4}], ["train.json:3", "the id 4", "train.json:1"]),
    ([ROW, ROW | {"sentence": " "}], ["train.json:2", "sentence"]),
    ([ROW, ROW | {"sentence": 3}], ["train.json:2", "sentence"]),
    ([""], ["train.json", "empty"]),
    (["\n\n"], ["train.json", "empty"]),
])  # fmt: skip
def test_training_data(refused_training, folder, lines, parts):
    expect(refused_training(train=data_file(folder, *lines)), *parts)


def test_dev_data_is_checked_before_training(refused_training, folder):
    expect(refused_training(dev=data_file(folder, ROW | {"label": "999"}, name="dev.json")), "dev.json:1", "'999'")


def test_test_data_is_looked_for_before_training(refused_training):
    expect(refused_training(test="none.json"), "none.json")


@pytest.mark.parametrize("flag", ["train", "dev"])
def test_a_file_that_is_not_there_or_a_folder(refused_training, tiny, folder, flag):
    missing = tiny.train.with_name("tain.json")
    expect(refused_training(**{flag: missing}), str(missing), "Did you mean train.json")
    expect(refused_training(**{flag: tiny.train.parent}), str(tiny.train.parent))


def test_another_encoding_is_named(refused_training, folder):
    path = folder / "train.json"
    path.write_bytes((json.dumps(ROW, ensure_ascii=False) + "\n").encode("gb18030"))
    expect(refused_training(train=path), "train.json:1", "UTF-8", "GB18030", "iconv")


def test_a_long_text_a_byte_order_mark_and_windows_line_ends_are_fine(tiny, folder):
    rows = [ROW, ROW | {"sentence": "球" * 100_000}, ROW | {"label": 109}]
    text = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path = folder / "train.json"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
    flags = tiny.flags(train=path, dev=path, epochs=1, output=folder / "run", quiet=True)
    assert main(["train", "clue/tnews", *flags]) == 0


# Checkpoints

def tokens_of(tiny):
    return (tiny.checkpoint / "vocab.txt").read_text("utf-8").split("\n")[:-1]


def test_no_checkpoint_is_given(refused, tiny):
    expect(refused("train", "clue/tnews", "--train", tiny.train, "--dev", tiny.dev), "--init", "checkpoint", "--demo")


def test_a_checkpoint_that_is_not_there(refused_training):
    expect(refused_training(init="none"), "--init", "none")


def test_a_folder_without_weights(refused_training, tiny):
    expect(refused_training(from_scratch=False), str(tiny.checkpoint), "model.safetensors")


@pytest.mark.parametrize("absent", ["config.json", "vocab.txt"])
def test_a_folder_without_a_file(refused_training, tiny, folder, absent):
    copy = shutil.copytree(tiny.checkpoint, folder / "copy")
    (copy / absent).unlink()
    expect(refused_training(init=copy), "copy", absent)


def test_a_broken_config(refused_training, tiny, folder):
    copy = shutil.copytree(tiny.checkpoint, folder / "copy")
    (copy / "config.json").write_text('{"hidden_size": 16,')
    expect(refused_training(init=copy), "config.json", "JSON")
    (copy / "config.json").write_text('{"hidden_size": 16}')
    expect(refused_training(init=copy), "config.json", "vocab_size")


def test_weights_cut_short(refused_training, tiny_run, folder):
    copy = shutil.copytree(tiny_run.run / "best", folder / "copy")
    whole = (copy / "model.safetensors").read_bytes()
    for size in (len(whole) // 2, 5, 0):
        (copy / "model.safetensors").write_bytes(whole[:size])
        expect(refused_training(init=copy, from_scratch=False), "model.safetensors")


def test_weights_of_another_shape(refused_training, tiny, tiny_run, folder):
    other = write_checkpoint(folder / "other", tokens_of(tiny), hidden_size=32)
    shutil.copy(tiny_run.run / "best" / "model.safetensors", other)
    expect(refused_training(init=other, from_scratch=False), "other", "(120, 32)")


def test_more_tokens_than_embedding_rows(refused_training, tiny, folder):
    tokens = tokens_of(tiny)
    other = write_checkpoint(folder / "other", tokens, vocab_size=len(tokens) - 3)
    expect(refused_training(init=other), str(len(tokens)), str(len(tokens) - 3), "vocab")


def test_weights_of_another_vocabulary(refused_training, tiny, tiny_run, folder):
    other = write_checkpoint(folder / "other", [*tokens_of(tiny), "好"])
    shutil.copy(tiny_run.run / "best" / "model.safetensors", other)
    expect(refused_training(init=other, from_scratch=False), "120", "121")


def test_longer_rows_than_the_model_has_positions(refused_training, tiny):
    expect(refused_training(max_length=65), "max_length", "64", "65")


# Runs

def test_a_run_of_another_task(refused, tiny_run):
    for verb in (["evaluate"], ["predict", "x"], ["submit"]):
        message = refused(verb[0], "clue/afqmc", "--run", tiny_run.run, *verb[1:])
        expect(message, "clue/afqmc", "clue/tnews")
    expect(refused("train", "afqmc", "--resume", tiny_run.run), "afqmc", "clue/tnews")


def test_a_run_that_has_no_checkpoint_yet(refused, tiny_run, folder):
    started = folder / "run"
    started.mkdir()
    shutil.copy(tiny_run.run / "recipe.yaml", started)
    shutil.copy(tiny_run.run / "environment.json", started)
    for verb in (["evaluate"], ["predict", "x"], ["submit"]):
        expect(refused(verb[0], "--run", started, *verb[1:]), "best", "Train at least one epoch")


def test_a_run_whose_data_has_changed_is_not_resumed(refused, tiny_run, folder):
    copy = shutil.copytree(tiny_run.run, folder / "run")
    environment = json.loads((copy / "environment.json").read_text("utf-8"))
    environment["data"]["train"]["sha256"] = "0"
    (copy / "environment.json").write_text(json.dumps(environment), "utf-8")
    expect(refused("train", "--resume", copy), str(tiny_run.train), "has changed", "rerun")


def test_a_run_whose_files_are_damaged(refused, tiny_run, folder):
    copy = shutil.copytree(tiny_run.run, folder / "run")
    weights = copy / "best" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    expect(refused("evaluate", "--run", copy), "model.safetensors")
    state = copy / "last" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    expect(refused("train", "--resume", copy), "state.safetensors", "corrupted")
    (copy / "recipe.yaml").write_text("task: clue/tnews\nepoch: 3\n")
    expect(refused("evaluate", "--run", copy), "recipe.yaml", "Did you mean epochs")
    (copy / "recipe.yaml").write_text("epochs: 3\n")
    for argv in (["evaluate", "--run", copy], ["train", "--resume", copy], ["rerun", copy]):
        expect(refused(*argv), "recipe.yaml", "task")


def test_files_that_no_leaderboard_knows(refused, tiny_run, folder):
    path = data_file(folder, {"id": 1, "sentence": "x"}, name="test2.json")
    expect(refused("submit", "--run", tiny_run.run, "--test", path), "test2.json", "test1.0.json", "test.json")
    expect(refused("submit", "--run", tiny_run.run, "--test", "none.json"), "--test", "none.json")


def test_data_to_predict(refused, tiny_run, folder):
    expect(refused("predict", "--run", tiny_run.run, "--input", "none.json"), "--input", "none.json")
    path = data_file(folder, {"id": 1, "sentence": "x"}, {"id": 2}, name="new.json")
    expect(refused("predict", "--run", tiny_run.run, "--input", path, "--output", "out.jsonl"), "new.json:2", "sentence")
    assert list((folder / "here").iterdir()) == []
    expect(refused("predict", "--run", tiny_run.run, " "), "text")


# Disks

def test_an_output_folder_in_use(refused_training, tiny):
    expect(refused_training(output=tiny.checkpoint), str(tiny.checkpoint), "--output", "in use")


def test_an_output_folder_below_a_file(refused_training, tiny):
    expect(refused_training(output=tiny.train / "run"), str(tiny.train), "Not a directory")


def test_predictions_below_a_file(refused, tiny_run):
    message = refused("predict", "--run", tiny_run.run, "--input", tiny_run.tests[0], "--output", tiny_run.train / "out.csv")
    expect(message, str(tiny_run.train))


def test_a_run_folder_that_may_not_be_written_any_more(refused, tiny_run, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(target))

    monkeypatch.setattr("os.replace", refuse)
    expect(refused("evaluate", "--run", tiny_run.run), str(tiny_run.run / "dev"), "Read-only file system")


@pytest.mark.parametrize("name", ["model.safetensors", "state.safetensors", None])
@pytest.mark.parametrize("error", [
    OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    safetensors.SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
], ids=["OSError", "SafetensorError"])  # fmt: skip
def test_a_full_disk_while_training(refused, tiny, folder, monkeypatch, name, error):
    """`None`: the disk is full after the first epoch."""
    target, save = folder / "run", safetensors.numpy.save_file

    def fill(tensors, path, *arguments, **options):
        if name in path.name if name else (target / "last" / "state.safetensors").exists():
            path.write_bytes(b"half")
            raise error
        save(tensors, path, *arguments, **options)

    monkeypatch.setattr("safetensors.numpy.save_file", fill)
    message = refused("train", "clue/tnews", *tiny.flags(output=target))
    expect(message, "No space left on device", f"python run.py train --resume {target}")
    left = {path.relative_to(target).as_posix() for path in target.rglob("*.safetensors*")}
    assert left == {
        "model.safetensors": set(), "state.safetensors": {"best/model.safetensors"},
        None: {"best/model.safetensors", "last/state.safetensors"},
    }[name]  # fmt: skip


@pytest.mark.keras
def test_a_loss_that_is_no_number_names_the_update(refused, tiny, folder):
    flags = tiny.flags(output=folder / "run", learning_rate=1e30, clip_norm=0, epochs=5)
    expect(refused("train", "clue/tnews", *flags), "update ", "the loss is nan", "--learning_rate")


