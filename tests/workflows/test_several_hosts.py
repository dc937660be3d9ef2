"""Two processes that train one model, as two hosts would: the curve of one process, and one run folder."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import keras
import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.keras, pytest.mark.skipif(keras.backend.backend() != "jax", reason="several hosts: JAX only")]


def start(words, **variables):
    environment = {**os.environ, "KERAS_BACKEND": "jax", **variables}
    return subprocess.Popen(
        [sys.executable, "run.py", "train", "clue/tnews", *words],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finished(*processes):
    """The output of each. None may fail."""
    outputs = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), "\n".join(outputs)[-4000:]
    return outputs


def curve(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line["loss"] for line in lines]


def free_port():
    with socket.socket() as found:
        found.bind(("localhost", 0))
        return found.getsockname()[1]


def test_two_processes_train_as_one(tiny, tmp_path):
    hosts = {"KERAS_DISTRIBUTION_JOB_ADDRESSES": f"localhost:{free_port()}", "KERAS_DISTRIBUTION_NUM_PROCESSES": "2"}
    words = tiny.flags(output=tmp_path / "two", devices="all", epochs=1)
    two = [start(words, **hosts, KERAS_DISTRIBUTION_PROCESS_ID=str(number)) for number in range(2)]
    one = start(tiny.flags(output=tmp_path / "one", epochs=1))
    first, second, _ = finished(*two, one)
    assert "2 devices on 2 hosts" in first
    assert curve(tmp_path / "two") == pytest.approx(curve(tmp_path / "one"), abs=1e-5)
    assert (tmp_path / "two" / "best" / "model.safetensors").exists()
    assert "run folder" not in second
