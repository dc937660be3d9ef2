"""A run that is killed, resumed, interrupted and resumed again ends bit for bit as one that nothing disturbed."""

import dataclasses
import json
import re
import signal

import numpy as np
import pytest
from conftest import write_lines
from run_process import Process
from safetensors import safe_open

from baselines.cli.main import main

pytestmark = pytest.mark.keras
EPOCHS, UPDATES = 3, 54


@pytest.fixture(scope="module")
def long(tiny, tmp_path_factory, graphs_of_a_process):
    """The tiny data three times over and, as `run`, an undisturbed run on it; the state is saved after every update."""
    folder = tmp_path_factory.mktemp("resume")
    rows = [json.loads(line) for line in tiny.train.read_text(encoding="utf-8").splitlines()]
    data = dataclasses.replace(tiny, folder=folder, train=write_lines(folder / "train.json", rows * 3), run=folder / "undisturbed")
    assert main(["train", "clue/tnews", *flags(data, data.run)]) == 0
    return data


def flags(data, output):
    decay = {"optimizer": "adamw", "learning_rate": 0.01, "schedule": "linear", "warmup": 0.1}
    return data.flags(output=output, epochs=EPOCHS, batch_size=1, save_minutes=0, log_steps=7, quiet=True, **decay)


def state_of(folder):
    """({name: array}, position) of a run's last state; names without what Keras counts in the life of a process."""
    with safe_open(folder / "last" / "state.safetensors", framework="numpy") as file:
        arrays = {re.sub(r"(seed_generator|adam_w)_\d+", r"\1", name): file.get_tensor(name) for name in file.keys()}
        position = json.loads(file.metadata()["position"])
    return arrays, position


def test_killed_resumed_interrupted_and_resumed_is_the_same_as_undisturbed(long):
    folder = long.folder / "disturbed"
    code, _ = Process("train", "clue/tnews", *flags(long, folder)).stop(folder, UPDATES + 14, signal.SIGKILL)
    assert code == -signal.SIGKILL
    position = state_of(folder)[1]
    assert position["epoch"] == 1 and 0 < position["update"] < UPDATES

    code, errors = Process("train", "--resume", folder).stop(folder, 2 * UPDATES + 14, signal.SIGINT)
    assert code == 130
    assert errors.splitlines()[-1] == f"stopped. The state is saved. Resume with: python run.py train --resume {folder}"
    assert "Traceback" not in errors
    assert state_of(folder)[1]["epoch"] == 2

    assert main(["train", "--resume", str(folder)]) == 0

    assert (folder / "metrics.jsonl").read_text() == (long.run / "metrics.jsonl").read_text()
    assert (folder / "best" / "model.safetensors").read_bytes() == (long.run / "best" / "model.safetensors").read_bytes()
    assert (folder / "dev" / "scores.json").read_text() == (long.run / "dev" / "scores.json").read_text()
    (arrays, position), (expected, expected_position) = state_of(folder), state_of(long.run)
    assert arrays.keys() == expected.keys()
    assert [name for name in arrays if not np.array_equal(arrays[name], expected[name])] == []
    times = {"seconds": 0, "step_seconds": 0}
    assert position | times == expected_position | times
    assert not [path for path in folder.rglob("*") if ".tmp" in path.name]


def test_dropout_is_on(long):
    """Else the states of its random generators, which a resumed run must continue, would not be under test."""
    arrays, _ = state_of(long.run)
    assert [name for name in arrays if "seed_generator" in name]


def test_a_finished_run_is_only_scored_again(long):
    before = (long.run / "metrics.jsonl").read_text()
    state, best = state_of(long.run), (long.run / "best" / "model.safetensors").read_bytes()
    assert main(["train", "clue/tnews", "--resume", str(long.run)]) == 0
    assert (long.run / "metrics.jsonl").read_text() == before
    assert (long.run / "best" / "model.safetensors").read_bytes() == best
    assert state_of(long.run)[1] == state[1]
