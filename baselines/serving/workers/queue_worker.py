"""A thread that works off a bounded queue of requests: what the workers for predictions and for embeddings share."""

import abc
import threading

from baselines.serving.workers.request_queue import RequestQueue


class QueueWorker(abc.ABC):
    """A worker with a queue and a thread of its own. A subclass defines `_run`, which takes jobs until `queue.take` returns None.

    Args:
        name: Name of the model.
        model: A ServedPredictor or ServedEmbedder.
        max_queue: Jobs that may wait.
    """

    def __init__(self, name: str, model, max_queue: int):
        self.name, self.model, self.task_name = name, model, model.task_name
        self.queue = RequestQueue(name, max_queue)
        self._thread = threading.Thread(target=self._run, name=f"{type(self).__name__} {name}", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether it answers."""
        return self._thread.is_alive() and not self.queue.closed

    def close(self, seconds: float = 10.0) -> None:
        """Ends after the pass that is being computed; requests that still wait fail."""
        self.queue.close()
        self._thread.join(seconds)

    @abc.abstractmethod
    def _run(self):
        """Takes jobs from `queue` until it returns None."""
