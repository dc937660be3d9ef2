"""Training speed, and the speed of matrix products on this machine, its upper bound."""

import time
from collections.abc import Iterator

import numpy as np


class Speed:
    """Counts the tokens of updates and their seconds; the first update of each epoch, which may compile, is left out.

    per_second    tokens, padding included, since the last call; None where there was one update or none
    """

    def __init__(self):
        self._tokens, self._seconds = 0, 0.0

    def counted(self, updates: Iterator[list[dict]]) -> Iterator[list[dict]]:
        """Yields the updates of an epoch, lists of micro-batches; an update lasts until the next one is asked for."""
        before = None
        for batches in updates:
            yield batches
            now = time.monotonic()
            if before is not None:
                self._seconds += now - before
                self._tokens += sum(batch["features"]["token_ids"].size for batch in batches)
            before = now

    def per_second(self) -> float | None:
        tokens, seconds, self._tokens, self._seconds = self._tokens, self._seconds, 0, 0.0
        return tokens / seconds if tokens and seconds else None


def matrix_peak(size: int = 1024, dtype: str = "float32", repeats: int = 4) -> float:
    """FLOP/s of the product of two square matrices on the first device: the best of `repeats`, after a warm-up."""
    from keras import ops

    rng = np.random.default_rng(0)
    one, other = (ops.cast(rng.random((size, size), np.float32), dtype) for _ in range(2))
    times = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        product = ops.matmul(one, other)
        ops.convert_to_numpy(ops.cast(product[0, 0], "float32"))        # waits for the product; NumPy has no bfloat16 scalar
        times.append(time.perf_counter() - started)
    return 2 * size**3 / min(times[1:])
