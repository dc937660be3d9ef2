"""The thread that writes: it steps a run's scheduler while there is something to write, and sleeps otherwise."""

import logging
import threading

from baselines.serving.api_error import ApiError

log = logging.getLogger(__name__)


class Engine:
    """Writes for a Writer. `submit` and `cancel` may be called from any thread; events arrive in the engine's own."""

    def __init__(self, name, writer):
        self.name, self.writer, self.task_name = name, writer, writer.task_name
        self._woken, self._closing = threading.Event(), False
        self._thread = threading.Thread(target=self._run, name=f"writing {name}", daemon=True)

    def start(self):
        self._thread.start()

    def alive(self):
        return self._thread.is_alive() and not self._closing

    def stop(self):
        """Ends after the step that is being made; replies that are not complete end with an error."""
        self._closing = True
        self._woken.set()

    def close(self, seconds=10.0):
        """Stops, and waits for the thread."""
        self.stop()
        self._thread.join(seconds)

    def submit(self, request):
        """Queues a reply and returns its ticket. Raises what the scheduler does, and ApiError 503 when closing."""
        if self._closing:
            raise ApiError(503, "The server is shutting down.", code="shutting_down", headers={"Retry-After": "5"})
        ticket = self.writer.scheduler.submit(request)
        self._woken.set()
        return ticket

    def cancel(self, ticket):
        """Frees what a reply holds; one that is complete is left alone."""
        self.writer.scheduler.cancel(ticket)
        self._woken.set()

    @property
    def counts(self):
        """(replies that are written, replies that wait)."""
        return self.writer.scheduler.counts

    def _run(self):
        scheduler = self.writer.scheduler
        while not self._closing:
            self._woken.wait()
            self._woken.clear()                                         # before stepping: what comes meanwhile wakes again
            try:
                while not self._closing and scheduler.step():
                    pass
            except Exception:                                           # of the model: these replies fail, the next may not
                log.exception("%s: a step failed", self.name)
                scheduler.abort("the model failed")
        scheduler.abort("the server is shutting down")
