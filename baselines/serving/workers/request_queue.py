"""The bounded queue of a worker, for requests of any thread. It rejects requests when it is full or the server shuts down."""

import collections
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable
from typing import Any

from baselines.serving.api_error import queue_full, shutting_down


class RequestQueue:
    """Jobs that wait for one worker. A job has a `future`; jobs whose future was canceled are skipped.

    Args:
        name: Name of the model, for messages.
        limit: Maximum number of waiting jobs.
    """

    def __init__(self, name: str, limit: int):
        self.name, self.limit = name, limit
        self._jobs, self._changed, self._closed = collections.deque(), threading.Condition(), False

    def __len__(self):
        """The number of waiting jobs."""
        return len(self._jobs)

    @property
    def closed(self) -> bool:
        """Whether the worker shuts down."""
        return self._closed

    def put(self, job: Any) -> None:
        """Adds a job. Raises ApiError 429 if the queue is full, and 503 if the worker shuts down."""
        with self._changed:
            if self._closed:
                raise shutting_down()
            self._jobs = collections.deque(each for each in self._jobs if not each.future.done())
            if len(self._jobs) >= self.limit:
                raise queue_full(self.name)
            self._jobs.append(job)
            self._changed.notify()

    def take(self, choose: Callable[[collections.deque], Any]) -> Any:
        """Waits for jobs.

        Args:
            choose: Removes jobs from the queue and returns them.

        Returns:
            The result of `choose`; None if the worker shuts down.
        """
        with self._changed:
            while not self._closed:
                self._jobs = collections.deque(job for job in self._jobs if not job.future.done())
                if self._jobs:
                    return choose(self._jobs)
                self._changed.wait()
            return None

    def close(self) -> None:
        """Shuts the worker down. Waiting jobs fail with ApiError 503."""
        with self._changed:
            self._closed = True
            jobs, self._jobs = self._jobs, collections.deque()
            self._changed.notify()
        for job in jobs:
            fail(job.future, shutting_down())


def fail(future: concurrent.futures.Future, error: Exception) -> None:
    """Gives a concurrent Future an exception, unless it is done or canceled."""
    with contextlib.suppress(concurrent.futures.InvalidStateError):     # canceled just now
        if not future.done() and (future.running() or future.set_running_or_notify_cancel()):
            future.set_exception(error)
