"""Compares a written graph with the model, and times it."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from baselines.errors import InputError

TOLERANCE = 1e-4
"""Largest difference of an output, relative to values above 1."""
SHAPES = ((1, 7), (3, 20))
"""Rows and tokens of the batches that are compared."""
TIMED = tuple((rows, length) for rows in (1, 32) for length in (32, 128))
"""Rows and tokens of the batches that are timed."""
SECONDS = 1.0
"""Seconds of a measurement, at least."""


def features(ranks: Mapping[str, int], rows: int, length: int, tokens: int, pad_id: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Random rows of a graph's inputs, int64 (B, L) or (B, 2, L); every second row ends in padding.

    Args:
        ranks: {input: number of dimensions}.
        rows: B.
        length: L.
        tokens: Size of the vocabulary.
        pad_id: Token id of padding.
        seed: Of the random numbers.
    """
    random, arrays = np.random.default_rng(seed), {}
    for name, rank in ranks.items():
        shape = (rows, *[2] * (rank - 2), length)
        if name == "input_ids":
            arrays[name] = random.integers(0, tokens, shape)
            arrays[name][arrays[name] == pad_id] = (pad_id + 1) % tokens
            arrays[name][1::2, ..., length // 2 :] = pad_id
        else:
            arrays[name] = np.ones(shape, np.int64) if name == "window_mask" else np.zeros(shape, np.int64)
    if "window_mask" in arrays:
        arrays["window_mask"][arrays["input_ids"] == pad_id] = 0
    return arrays


def largest_difference(expected: Mapping[str, np.ndarray], found: Mapping[str, np.ndarray]) -> float:
    """The largest difference of outputs, relative to values above 1. Raises ValueError for an output that is missing."""
    if missing := set(expected) - set(found):
        raise ValueError(f"expected the outputs {sorted(expected)}. These are missing: {sorted(missing)}")
    largest = 0.0
    for name, values in expected.items():
        values, others = np.asarray(values, np.float64), np.asarray(found[name], np.float64)
        if values.size:
            largest = max(largest, float((np.abs(values - others) / np.maximum(1, np.abs(values))).max()))
    return largest


def compare(graph: Any, run: Callable, tokens: int, pad_id: int, tolerance: float = TOLERANCE) -> float:
    """The largest difference between a Graph and what was written of it, over SHAPES.

    Raises:
        InputError: It exceeds `tolerance`.
    """
    batches = [features(graph.ranks, rows, length, tokens, pad_id) for rows, length in SHAPES]
    return within(max(largest_difference(graph.run(batch), run(batch)) for batch in batches), tolerance)


def within(largest: float, tolerance: float) -> float:
    """Returns the largest difference. Raises InputError if it exceeds `tolerance`."""
    if not largest <= tolerance:
        raise InputError(
            f"The exported graph differs from the model by {largest:.1e}, more than {tolerance:.0e}. Nothing was written. "
            "Choose another --format or --opset, and report this model."
        )
    return largest


def timings(run: Callable, ranks: Mapping[str, int], tokens: int, pad_id: int, longest: int | None) -> list[dict]:
    """[{"batch", "length", "milliseconds", "cpu_milliseconds"}] of one run of each of TIMED that the model can read, medians.

    longest   tokens of a row, at most; None without a limit
    """
    rows_of_table = []
    for rows, length in TIMED:
        if longest is None or length <= longest:
            wall, cpu = measure(run, features(ranks, rows, length, tokens, pad_id))
            times = {"milliseconds": round(1e3 * wall, 2), "cpu_milliseconds": round(1e3 * cpu, 2)}
            rows_of_table.append({"batch": rows, "length": length, **times})
    return rows_of_table


def measure(run: Callable, batch: Mapping[str, np.ndarray]) -> tuple[float, float]:
    """(seconds, CPU seconds of all threads) of a run, medians of at least three."""
    run(batch)
    walls, cpus, start = [], [], time.perf_counter()
    while len(walls) < 3 or time.perf_counter() - start < SECONDS:
        wall, cpu = time.perf_counter(), time.process_time()
        run(batch)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)
