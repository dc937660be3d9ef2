"""The worker that embeds. The texts of all waiting requests go through the model together."""

import collections
import concurrent.futures
import logging

import numpy as np

from baselines.serving.workers.queue_worker import QueueWorker
from baselines.serving.workers.request_queue import fail

log = logging.getLogger(__name__)
BATCH_SIZE = 64
"""Number of texts that go through the model at once."""


class _EmbeddingJob:
    """The texts of one request: `next` is the first that was not taken, `left` of them have no vector yet."""

    def __init__(self, texts):
        self.texts, self.next, self.left = texts, 0, len(texts)
        self.vectors, self.counts = [None] * len(texts), [0] * len(texts)
        self.future = concurrent.futures.Future()

    def receive(self, numbers, vectors, counts):
        for number, vector, count in zip(numbers, vectors, counts, strict=True):
            self.vectors[number], self.counts[number] = vector, int(count)
        self.left -= len(numbers)
        if not self.left and not self.future.done() and self.future.set_running_or_notify_cancel():
            self.future.set_result((np.stack(self.vectors), self.counts))


class EmbeddingWorker(QueueWorker):
    """Embeds in a thread of its own; `submit` may be called from any thread.

    Every pending request gets an equal share of each pass, so that one of 2,000 texts does not hold up one of a single text.
    """

    def submit(self, texts: list[str]) -> concurrent.futures.Future:
        """A Future of (float32 (N, D), tokens of each text). If it is canceled, its remaining texts are skipped.

        Raises:
            ApiError: As `RequestQueue.put` does.
        """
        job = _EmbeddingJob(list(texts))
        self.queue.put(job)
        return job.future

    def _run(self):
        while parts := self.queue.take(share_of_a_pass):
            texts = [job.texts[number] for job, numbers in parts for number in numbers]
            try:
                vectors, counts = self.model.embed(texts)
            except Exception:                                           # of one request: the others of the pass are not at fault
                for job, numbers in parts:
                    self._embed_alone(job, numbers)
                continue
            start = 0
            for job, numbers in parts:
                end = start + len(numbers)
                job.receive(numbers, vectors[start:end], counts[start:end])
                start = end

    def _embed_alone(self, job, numbers):
        try:
            job.receive(numbers, *self.model.embed([job.texts[number] for number in numbers]))
        except Exception as error:
            if not isinstance(error, ValueError):
                log.exception("%s: a pass failed", self.name)
            fail(job.future, error)


def share_of_a_pass(jobs: collections.deque) -> list[tuple]:
    """Takes the texts of the next pass.

    Args:
        jobs: Waiting jobs. Jobs with texts left go to the end of the queue.

    Returns:
        (job, numbers of its texts) pairs.
    """
    share, parts = max(1, BATCH_SIZE // len(jobs)), []
    for _ in range(min(len(jobs), BATCH_SIZE)):
        job = jobs.popleft()
        numbers = range(job.next, min(job.next + share, len(job.texts)))
        job.next = numbers.stop
        parts.append((job, numbers))
        if job.next < len(job.texts):
            jobs.append(job)
    return parts
