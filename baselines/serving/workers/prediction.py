"""The worker that predicts, one example after another."""

import concurrent.futures
import dataclasses
import logging
import threading

from baselines.serving.workers.request_queue import RequestQueue, fail

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, eq=False)
class _PredictionJob:
    texts: tuple[str, ...]
    future: concurrent.futures.Future = dataclasses.field(default_factory=concurrent.futures.Future)


class PredictionWorker:
    """Predicts in a thread of its own; `submit` may be called from any thread.

    Args:
        name: Name of the model.
        predictor: A ServedPredictor.
        max_queue: Examples that may wait.
    """

    def __init__(self, name, predictor, max_queue: int):
        self.name, self.predictor, self.task_name = name, predictor, predictor.task_name
        self.queue = RequestQueue(name, max_queue)
        self._thread = threading.Thread(target=self._run, name=f"prediction {name}", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether it answers."""
        return self._thread.is_alive() and not self.queue.closed

    def submit(self, texts: tuple[str, ...]) -> concurrent.futures.Future:
        """A Future of the prediction. Raises ApiError as `RequestQueue.put` does."""
        job = _PredictionJob(texts)
        self.queue.put(job)
        return job.future

    def close(self, seconds: float = 10.0) -> None:
        """Ends after the example that is being predicted."""
        self.queue.close()
        self._thread.join(seconds)

    def _run(self):
        while (job := self.queue.take(lambda jobs: jobs.popleft())) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                job.future.set_result(self.predictor.predict(job.texts))
            except Exception as error:                                  # of this example: the next one may be fine
                if not isinstance(error, ValueError):
                    log.exception("%s: a prediction failed", self.name)
                fail(job.future, error)
