"""Blocks are written in a thread of their own while the next one is made."""

import concurrent.futures
from collections.abc import Callable

import numpy as np


class WriteBehind:
    """`with WriteBehind(write, size) as behind: fill(behind.buffer); behind.write(behind.buffer[:n], …)`

    buffer   uint8 (size,), to fill for the next `write`; there are two, in turn

    What `write` raises comes out of the next call here, or of leaving the block.
    """

    def __init__(self, write: Callable, size: int):
        self._write, self._buffers, self._pending = write, [np.empty(size, np.uint8) for _ in range(2)], None

    @property
    def buffer(self) -> np.ndarray:
        return self._buffers[0]

    def __enter__(self):
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        return self

    def __exit__(self, kind, *exception):
        self._pool.shutdown()                                           # waits: nothing is written behind anybody's back
        if kind is None:
            self.wait()

    def write(self, *arguments: object) -> None:
        self.wait()
        self._pending = self._pool.submit(self._write, *arguments)
        self._buffers.reverse()

    def wait(self) -> None:
        """Until all that was given is written."""
        pending, self._pending = self._pending, None
        if pending:
            pending.result()
