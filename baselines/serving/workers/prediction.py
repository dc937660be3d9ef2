"""The worker that predicts, one example after another."""

import concurrent.futures
import dataclasses
import logging

from baselines.serving.workers.queue_worker import QueueWorker
from baselines.serving.workers.request_queue import fail

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, eq=False)
class _PredictionJob:
    texts: tuple[str, ...]
    future: concurrent.futures.Future = dataclasses.field(default_factory=concurrent.futures.Future)


class PredictionWorker(QueueWorker):
    """Predicts in a thread of its own; `submit` may be called from any thread."""

    def submit(self, texts: tuple[str, ...]) -> concurrent.futures.Future:
        """A Future of the prediction. Raises ApiError as `RequestQueue.put` does."""
        job = _PredictionJob(texts)
        self.queue.put(job)
        return job.future

    def _run(self):
        while (job := self.queue.take(lambda jobs: jobs.popleft())) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                job.future.set_result(self.model.predict(job.texts))
            except Exception as error:                                  # of this example: the next one may be fine
                if not isinstance(error, ValueError):
                    log.exception("%s: a prediction failed", self.name)
                fail(job.future, error)
