"""The worker that generates: it steps a run's scheduler while there are replies to generate, and sleeps otherwise."""

import logging
import threading

from baselines.decoding.scheduler import QueueFull, Request, Ticket
from baselines.serving.api_error import queue_full, shutting_down
from baselines.serving.model_registry import ServedGenerator

log = logging.getLogger(__name__)


class GenerationWorker:
    """Generates in a thread of its own. `submit` and `cancel` may be called from any thread; events arrive in the worker's own.

    Args:
        name: Name of the model.
        generator: The model, whose scheduler has the queue.
    """

    def __init__(self, name: str, generator: ServedGenerator):
        self.name, self.generator, self.task_name = name, generator, generator.task_name
        self._woken, self._closing = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name=f"generation {name}", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether it accepts requests."""
        return self._thread.is_alive() and not self._closing

    def stop(self) -> None:
        """Stops after the current step. Incomplete replies end with an error."""
        self._closing = True
        self._woken.set()

    def close(self, seconds: float = 10.0) -> None:
        """Stops, and waits for the thread."""
        self.stop()
        self._thread.join(seconds)

    def submit(self, request: Request) -> Ticket:
        """Queues a reply and returns its ticket.

        Raises:
            ApiError: 429 if the queue is full, 503 if the worker shuts down.
            InputError: The scheduler cannot take the request.
        """
        if self._closing:
            raise shutting_down()
        try:
            ticket = self.generator.scheduler.submit(request)
        except QueueFull:
            raise queue_full(self.name) from None
        self._woken.set()
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """Cancels a reply, unless it is complete, and frees its row."""
        self.generator.scheduler.cancel(ticket)
        self._woken.set()

    @property
    def counts(self) -> tuple[int, int]:
        """Number of replies that are being generated, and of those that wait."""
        return self.generator.scheduler.counts

    def _run(self):
        scheduler = self.generator.scheduler
        while not self._closing:
            self._woken.wait()
            self._woken.clear()                                         # before stepping: later requests set it again
            try:
                while not self._closing and scheduler.step():
                    pass
            except Exception:                                           # the model failed: only the current replies fail
                log.exception("%s: a step failed", self.name)
                scheduler.abort("the model failed")
        scheduler.abort("the server is shutting down")
