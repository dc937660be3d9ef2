"""Freed memory stays with the process, unless the user says otherwise; in processes of their own, for the setting is for good."""

import platform
import subprocess
import sys

import pytest

from baselines.allocator import keep_freed_memory

FAULTS = """
import resource, sys
import numpy as np
from baselines.allocator import keep_freed_memory

kept = keep_freed_memory() if sys.argv[1] == "kept" else False
np.ones(8_000_000)                                                      # 64 MB, freed at once
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(8_000_000)
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="its malloc is what is told")
def test_a_buffer_asked_for_again_is_the_one_that_was_freed():
    found = {}
    for name in ("kept", "plain"):
        environment = {"PATH": "/usr/bin", "PYTHONPATH": ".", "OPENBLAS_NUM_THREADS": "1"}
        answer = subprocess.run([sys.executable, "-c", FAULTS, name], capture_output=True, text=True, env=environment, check=True)
        kept, faults = answer.stdout.split()
        assert kept == str(name == "kept")
        found[name] = int(faults)
    assert found["kept"] < 200 < 20 * 100 < found["plain"]


def test_the_user_has_the_last_word():
    assert not keep_freed_memory({"MALLOC_TRIM_THRESHOLD_": "131072"})
    assert not keep_freed_memory({"GLIBC_TUNABLES": "glibc.malloc.check=3"})
