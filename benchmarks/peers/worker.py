"""The process of a contender, on its side: it answers driver.py on stdin and stdout.

    worker   {"parameters", "compile_seconds", "versions", "bytes_before"}    when the first step is done
    driver   a number N
    worker   {"seconds": [N], "cpu_seconds", "peak_bytes", "device_bytes"}    after N steps

Bytes are those that the process has in memory before the first step, and the most that it had since it was done; on a GPU also the
most that its arrays took there, since the process began.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np


def batches(sizes: dict, count: int = 4) -> Iterator:
    """Random rows without padding: [(token_ids, segment_ids, targets)], int32 (B, L), (B, L), (B,)."""
    random = np.random.default_rng(0)
    shape = sizes["batch_size"], sizes["length"]
    for _ in range(count):
        token_ids = random.integers(1, sizes["vocab_size"], shape, dtype="int32")
        yield token_ids, np.zeros_like(token_ids), random.integers(0, sizes["classes"], shape[:1], dtype="int32")


def serve(build: Callable) -> None:
    """build(sizes, options) -> (step function, number of parameters, {package: version}); runs it until stdin ends.

    step(batch) makes one update and returns its loss as a float: nothing is left to compute when it returns.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)                                                       # what libraries print must not look like an answer
    sizes, options = json.loads(sys.argv[1]), sys.argv[2:]
    step, parameters, versions = build(sizes, options)
    data = list(batches(sizes))

    def steps(count):
        for number in range(count):
            start = time.perf_counter()
            loss = step(data[number % len(data)])
            if not 0 < loss < 20:
                raise ValueError(f"expected the loss of a classifier. Received: {loss}")
            yield time.perf_counter() - start

    def answer(**values):
        print(json.dumps(values), file=answers, flush=True)

    before, first = resident_bytes(), sum(steps(1))
    forget_peak()
    answer(parameters=parameters, compile_seconds=first, versions=versions, bytes_before=before)
    for line in sys.stdin:
        cpu = time.process_time()
        seconds = list(steps(int(line)))
        answer(seconds=seconds, cpu_seconds=time.process_time() - cpu, peak_bytes=peak_bytes(), device_bytes=device_bytes())


def resident_bytes() -> int:
    return _status("VmRSS")


def peak_bytes() -> int:
    return _status("VmHWM")


def forget_peak() -> None:
    """What compiling took is not what a step takes."""
    with contextlib.suppress(OSError):                                  # gVisor has no such file
        Path("/proc/self/clear_refs").write_text("5")


def device_bytes() -> Any:
    """The most that arrays took on the first GPU, None without one; TensorFlow is not asked."""
    torch, jax = sys.modules.get("torch"), sys.modules.get("jax")
    if torch and torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    if jax and os.environ.get("KERAS_BACKEND") == "jax" and jax.default_backend() == "gpu":
        return jax.local_devices()[0].memory_stats()["peak_bytes_in_use"]
    return None


def _status(name):
    """A figure of Linux's /proc/self/status, in bytes; 0 where the kernel does not count it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0) * 1024
