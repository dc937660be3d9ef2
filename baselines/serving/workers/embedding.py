"""The thread that makes vectors: texts of all requests that wait go through the model together."""

import collections
import concurrent.futures
import logging
import threading

import numpy as np

from baselines.serving.api_error import ApiError

log = logging.getLogger(__name__)
TOGETHER = 64
"""Texts that go through the model at once."""


class Job:
    """The texts of one request, and what is known of them: `begun` of them were taken, `left` have no vector yet."""

    def __init__(self, texts):
        self.texts, self.begun, self.left = texts, 0, len(texts)
        self.vectors, self.counts = [None] * len(texts), [0] * len(texts)
        self.future = concurrent.futures.Future()

    def receive(self, numbers, vectors, counts):
        for number, vector, count in zip(numbers, vectors, counts, strict=True):
            self.vectors[number], self.counts[number] = vector, int(count)
        self.left -= len(numbers)
        if not self.left and self.future.set_running_or_notify_cancel():
            self.future.set_result((np.stack(self.vectors), self.counts))

    def fail(self, error):
        if not self.future.done() and self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class EmbedderThread:
    """Makes vectors for an Embedder; at most `max_queue` requests wait. `submit` may be called from any thread.

    Of many requests each gets an equal share of every pass, so that one of 2,000 texts does not hold up one of a single text.
    """

    def __init__(self, name, embedder, max_queue):
        self.name, self.embedder, self.task_name, self.max_queue = name, embedder, embedder.task_name, max_queue
        self._jobs, self._changed, self._closing = collections.deque(), threading.Condition(), False
        self._thread = threading.Thread(target=self._run, name=f"embedding {name}", daemon=True)

    def start(self):
        self._thread.start()

    def alive(self):
        return self._thread.is_alive() and not self._closing

    @property
    def waiting(self):
        return len(self._jobs)

    def submit(self, texts):
        """A concurrent Future of (float32 (N, D), tokens of each text). Raises ApiError 429 if as many wait as may, 503 at the end.

        Whoever cancels it before it is done has the rest of its texts left out.
        """
        job = Job(list(texts))
        with self._changed:
            if self._closing:
                raise ApiError(503, "The server is shutting down.", code="shutting_down", headers={"Retry-After": "5"})
            if len(self._jobs) >= self.max_queue:
                message = f"{self.name} has as many requests waiting as it may have. Try again in a second."
                raise ApiError(429, message, code="queue_full", headers={"Retry-After": "1"})
            self._jobs.append(job)
            self._changed.notify()
        return job.future

    def close(self, seconds=10.0):
        """Ends after the pass that is being made; requests that are not complete fail."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(seconds)

    def _run(self):
        while parts := self._next():
            texts = [job.texts[number] for job, numbers in parts for number in numbers]
            try:
                vectors, counts = self.embedder.embed(texts)
            except Exception:                                           # of one request: the others of the pass are not at fault
                for job, numbers in parts:
                    self._alone(job, numbers)
                continue
            start = 0
            for job, numbers in parts:
                end = start + len(numbers)
                job.receive(numbers, vectors[start:end], counts[start:end])
                start = end
        for job in self._jobs:
            job.fail(ApiError(503, "The server is shutting down.", code="shutting_down"))

    def _next(self):
        """[(Job, numbers of its texts)] of the next pass, as soon as there is one; none when the thread is to end."""
        with self._changed:
            while not self._closing:
                self._jobs = collections.deque(job for job in self._jobs if not job.future.done())
                if self._jobs:
                    return self._take()
                self._changed.wait()
            return []

    def _take(self):
        share, parts = max(1, TOGETHER // len(self._jobs)), []
        for _ in range(min(len(self._jobs), TOGETHER)):
            job = self._jobs.popleft()
            numbers = range(job.begun, min(job.begun + share, len(job.texts)))
            job.begun = numbers.stop
            parts.append((job, numbers))
            if job.begun < len(job.texts):
                self._jobs.append(job)
        return parts

    def _alone(self, job, numbers):
        try:
            job.receive(numbers, *self.embedder.embed([job.texts[number] for number in numbers]))
        except Exception as error:
            if not isinstance(error, ValueError):
                log.exception("%s: a pass failed", self.name)
            job.fail(error)
