"""Tokens per second: updates are counted from the second of an epoch on, each until the next is asked for."""

import numpy as np
import pytest

from baselines.training import speed
from baselines.training.speed import Speed, matrix_peak


@pytest.fixture
def clock(monkeypatch):
    """A list of the seconds that time.monotonic answers one after the other."""
    answers = []
    monkeypatch.setattr(speed.time, "monotonic", lambda: answers.pop(0))
    return answers


def updates(count, micro_batches=2):
    batch = {"features": {"token_ids": np.zeros((4, 8), np.int32)}}
    return iter([[batch] * micro_batches] * count)


def test_the_first_update_of_an_epoch_is_left_out(clock):
    clock += [100.0, 102.0, 104.0, 1000.0, 1001.0]
    found = Speed()
    assert len(list(found.counted(updates(3)))) == 3
    assert len(list(found.counted(updates(2)))) == 2
    assert found.per_second() == pytest.approx(3 * 64 / 5)
    assert found.per_second() is None


def test_one_update_says_nothing(clock):
    clock += [1.0]
    found = Speed()
    list(found.counted(updates(1)))
    assert found.per_second() is None


@pytest.mark.keras
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_peak_is_a_rate_of_this_machine(dtype):
    """In bfloat16 too, where pretraining on TensorFlow's graph once ended at its first scoring."""
    assert 1e6 < matrix_peak(size=128, dtype=dtype) < 1e15
