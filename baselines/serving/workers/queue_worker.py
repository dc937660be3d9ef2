"""The base of the workers for predictions and embeddings: a thread that processes a bounded queue of requests."""

import abc
import threading

from baselines.serving.model_registry import ServedEmbedder, ServedPredictor
from baselines.serving.workers.request_queue import RequestQueue


class QueueWorker(abc.ABC):
    """A worker with its own queue and thread. A subclass defines `_run`, which takes jobs until `queue.take` returns None.

    Args:
        name: Name of the model.
        model: The model.
        max_queue: Maximum number of waiting jobs.
    """

    def __init__(self, name: str, model: ServedPredictor | ServedEmbedder, max_queue: int):
        self.name, self.model, self.task_name = name, model, model.task_name
        self.queue = RequestQueue(name, max_queue)
        self._thread = threading.Thread(target=self._run, name=f"{type(self).__name__} {name}", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether it accepts requests."""
        return self._thread.is_alive() and not self.queue.closed

    def close(self, seconds: float = 10.0) -> None:
        """Stops after the current pass. Waiting requests fail."""
        self.queue.close()
        self._thread.join(seconds)

    @abc.abstractmethod
    def _run(self):
        """Takes jobs from `queue` until it returns None."""
