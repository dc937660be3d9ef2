"""The folder of a run: made where nothing is in the way, described, found again, and read after a kill."""

import concurrent.futures
import contextlib
import functools
import json
import shutil
import threading

import pytest
from kill_points import kill_points

from baselines.errors import InputError
from baselines.experiment.metrics_file import MetricsFile
from baselines.experiment.run_folder import RunFolder
from baselines.task import Labels


def test_a_new_folder_is_named_after_the_task_and_two_may_start_in_one_second(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.strftime", lambda *_: "20260101-000000")
    first, second = RunFolder.create(None, "clue/tnews"), RunFolder.create("", "clue/tnews")
    assert str(first) == "runs/clue/tnews/20260101-000000" and str(second) == "runs/clue/tnews/20260101-000000-2"
    assert list(first.path.iterdir()) == []


def test_an_empty_folder_may_be_used_and_another_may_not(tmp_path):
    (tmp_path / "empty").mkdir()
    RunFolder.create(tmp_path / "empty", "x")
    RunFolder.create(tmp_path / "new" / "deep", "x")
    (tmp_path / "file").touch()
    for used in (tmp_path, tmp_path / "file", tmp_path / "empty", tmp_path / "new" / "deep"):
        with pytest.raises(InputError, match="in use"):
            RunFolder.create(used, "x")


def test_a_folder_that_cannot_be_made_or_written(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Cannot write to .*file/run: Not a directory"):
        RunFolder.create(tmp_path / "file" / "run", "x")

    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(InputError, match="Cannot write to .*run: Permission denied"):
        RunFolder.create(tmp_path / "run", "x")


def test_what_describe_writes_is_read_again(tmp_path):
    (tmp_path / "train.json").write_text("hello\n")
    run = RunFolder.create(tmp_path / "run", "x")
    values = {"pad_to_multiple_of": "8", "learning_rate": 2e-05, "strategies": ["fgm"]}
    values |= {"train": "数据/训练.json", "test": None, "jit": True}
    run.describe("clue/x", values, {"train": tmp_path / "train.json"}, Labels("b", "a"), ["run.py", "train", "x"])
    assert RunFolder.open(run.path).read_recipe() == {"task": "clue/x", **values}
    assert run.read_json("labels.json") == ["b", "a"]
    environment = run.read_json("environment.json")
    assert environment["command"] == ["run.py", "train", "x"]
    assert environment["data"]["train"]["sha256"].startswith("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
    assert environment["packages"]["numpy"]
    assert "训练" in (run.path / "recipe.yaml").read_text(encoding="utf-8")
    assert run.read_json("none.json") is None


def test_a_run_from_before_pad_to_multiple_of_keeps_the_few_lengths_of_its_time(tmp_path):
    (tmp_path / "recipe.yaml").write_text("task: clue/x\nseed: 1\n")
    assert RunFolder.open(tmp_path).read_recipe() == {"task": "clue/x", "seed": 1, "pad_to_multiple_of": "0"}


def test_what_a_death_left_out_is_described_later(tmp_path, monkeypatch):
    (tmp_path / "train.json").write_text("hello\n")
    names = ["environment.json", "labels.json", "recipe.yaml"]
    for attempt in kill_points(monkeypatch, tmp_path / "run"):
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        (tmp_path / "run").mkdir()
        run = RunFolder(tmp_path / "run")
        describe = functools.partial(run.describe, "clue/x", {}, {"train": tmp_path / "train.json"}, Labels("b", "a"), ["run.py"])
        with attempt:
            describe()
        describe()
        assert sorted(path.name for path in run.path.iterdir()) == names
        assert run.read_recipe()["task"] == "clue/x" and run.read_labels() == ["b", "a"] and run.read_command() == ["run.py"]


@pytest.mark.parametrize("output", [None, "mine"])
def test_no_two_runs_get_one_folder(tmp_path, monkeypatch, output):
    """Many start at the same moment; with --output exactly one may."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.strftime", lambda *_: "20260101-000000")
    barrier = threading.Barrier(8)

    def start(_):
        barrier.wait()
        with contextlib.suppress(InputError):
            return str(RunFolder.create(output, "x"))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for attempt in range(5):
            paths = [path for path in pool.map(start, range(8)) if path]
            assert len(paths) == len(set(paths)) == (8 if output is None else int(attempt == 0))


def test_open_refuses_what_is_no_run(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError, match="not a run folder"):
            RunFolder.open(path)


def test_open_takes_back_a_swap_that_a_kill_interrupted(tmp_path):
    (tmp_path / "recipe.yaml").write_text("task: x\n")
    previous = tmp_path / ".best.0123456789abcdef.previous"
    previous.mkdir()
    (previous / "model.safetensors").touch()
    run = RunFolder.open(tmp_path)
    assert run.require_best() == tmp_path / "best" and not previous.exists()


def test_require_best(tmp_path):
    with pytest.raises(InputError, match="Train at least one epoch"):
        RunFolder(tmp_path).require_best()


def test_metrics_forget_what_was_written_after_a_size(tmp_path):
    metrics = MetricsFile(tmp_path / "metrics.jsonl")
    assert metrics.size() == 0 and metrics.read() == []
    metrics(line(0, 0.5))
    size = metrics.size()
    metrics(line(1, 0.25))
    assert metrics.read() == [line(0, 0.5), line(1, 0.25)]
    metrics.truncate(size)
    metrics.truncate(size + 1000)
    assert metrics.read() == [line(0, 0.5)]


def line(epoch, loss):
    return {"epoch": epoch, "step": 7, "split": "train", "loss": loss}


def test_metrics_leave_out_a_line_cut_short(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text(json.dumps(line(0, 0.5)) + '\n{"epo', encoding="utf-8")
    assert MetricsFile(path).read() == [line(0, 0.5)]


@pytest.mark.parametrize("text, what", [
    (b'{"epoch": 0\n', "1: the line is not JSON"), (b"[1]\n", "1: the line is not an object with epoch, step, split"),
    (json.dumps(line(0, 1)).encode() + b'\n{"epoch": 1}\n', "2: the line is not an object"),
    (json.dumps(line("0", 1)).encode() + b"\n", "1: the line has no number under 'epoch'"),
    (json.dumps(line(0, None)).encode() + b"\n", "1: the line has no number under 'loss'"),
    (b"\n\xff\n", "2: the line is not UTF-8"),
    (b"[" * 100_000 + b"\n", "1: the line is not JSON"),
])  # fmt: skip
def test_a_damaged_line_of_metrics_is_named(tmp_path, text, what):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(text)
    with pytest.raises(InputError, match=f"metrics.jsonl:{what}"):
        MetricsFile(path).read()
