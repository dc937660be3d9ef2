"""Contenders take turns, some steps each per round, so that only one computes at a time and noise of the machine hits all alike."""

import contextlib
import os
import pathlib
import platform
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any


def take_turns(contenders: Any, rounds: int, play: Callable) -> dict:
    """contenders {name: contender} -> {name: [what play(contender) returned, per round]}, without a round before that warms up."""
    found = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, contender in contenders.items():
            result = play(contender)
            if number:
                found[name].append(result)
        log(f"round {number} of {rounds}" if number else "warm")
    return found


def seconds(step: Callable, count: int) -> float:
    """Wall time of a call, the mean of several."""
    started = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - started) / count


def ratio(own: Any, other: Any) -> str:
    """The median over rounds of the ratio within a round, as it is printed."""
    return f"{statistics.median(a / b for a, b in zip(own, other, strict=True)):.2f}"


def machine() -> str:
    """The processor, its cores and how busy it was."""
    names = []
    with contextlib.suppress(OSError):
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return f"{names[0] if names else platform.machine()}, {len(os.sched_getaffinity(0))} cores, load averages {load}"


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
