"""Freed memory stays with the process, unless the user says otherwise; in processes of their own, for the setting is for good."""

import platform
import subprocess
import sys

import keras
import pytest

from baselines.cli import startup
from baselines.runtime.memory_allocator import keep_freed_memory
from baselines.task import Recipe

FAULTS = """
import resource, sys
import numpy as np
from baselines.runtime.memory_allocator import keep_freed_memory

kept = keep_freed_memory("jax") if sys.argv[1] == "kept" else False
np.ones(8_000_000)                                                      # 64 MB, freed at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(8_000_000)
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
TENSORFLOW = """
import resource, sys
from baselines.runtime.memory_allocator import keep_freed_memory

kept = keep_freed_memory("tensorflow") if sys.argv[1] == "kept" else False
import tensorflow as tf

one = tf.Variable(1.0)
ones = tf.function(lambda: tf.fill([16_000_000], one))
ones()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    ones()                                                              # 64 MB, freed at once
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
ALLOCATORS = {"glibc": FAULTS, "tensorflow": TENSORFLOW}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="its malloc is what is told")
@pytest.mark.parametrize("allocator", ALLOCATORS)
def test_a_buffer_asked_for_again_is_the_one_that_was_freed(allocator):
    found = {}
    for name in ("kept", "plain"):
        # With oneDNN, which TensorFlow chooses by the processor's instructions, its arrays come from a pool of their own anyhow.
        environment = {"PATH": "/usr/bin", "PYTHONPATH": ".", "OPENBLAS_NUM_THREADS": "1", "TF_ENABLE_ONEDNN_OPTS": "0"}
        command = [sys.executable, "-c", ALLOCATORS[allocator], name]
        answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        kept, faults = answer.stdout.split()
        assert kept == str(name == "kept")
        found[name] = int(faults)
    assert found["kept"] < 200 < 20 * 100 < found["plain"]


SMALL_PIECES = """
from pathlib import Path
from baselines.runtime.memory_allocator import return_freed_memory

def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) // 256

before = megabytes()
pieces = [bytearray(4000) for _ in range(50_000)]                       # 200 MB, on the heap
full, last = megabytes(), pieces[-1]
del pieces                                                              # what stands last keeps the heap as long as it was
left = megabytes()
return_freed_memory()
print(full - before, left - before, megabytes() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="its malloc is what is told")
def test_small_pieces_go_back():
    command, environment = [sys.executable, "-c", SMALL_PIECES], {"PYTHONPATH": "."}
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    full, left, returned = map(int, answer.stdout.split())
    assert returned < 40 < 150 < left <= full


def test_the_user_has_the_last_word():
    assert not keep_freed_memory("jax", {"MALLOC_TRIM_THRESHOLD_": "131072"})
    assert not keep_freed_memory("jax", {"GLIBC_TUNABLES": "glibc.malloc.check=3"})
    own = {"TF_CPU_ALLOCATOR_USE_BFC": "0"}
    assert not keep_freed_memory("tensorflow", own) and own == {"TF_CPU_ALLOCATOR_USE_BFC": "0"}


@pytest.mark.keras
@pytest.mark.parametrize("recipe, kept", [(None, False), (Recipe(), True), (Recipe(recompute=True), False)])
def test_runs_that_train_without_recomputing_keep_it(monkeypatch, recipe, kept):
    told = []
    monkeypatch.setattr(startup, "keep_freed_memory", told.append)
    startup.start_backend(recipe)
    assert told == ([keras.backend.backend()] if kept else [])
