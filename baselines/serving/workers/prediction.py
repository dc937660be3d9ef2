"""The thread that predicts, one example after another."""

import concurrent.futures
import threading

from baselines.serving.api_error import ApiError


class PredictorThread:
    """The thread that predicts, one example after another; at most `max_queue` wait for it."""

    def __init__(self, name, predictor, max_queue):
        self.name, self.predictor, self.task_name, self.max_queue = name, predictor, predictor.task_name, max_queue
        self._waiting, self._changing = 0, threading.Lock()
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix=f"predicting {name}")

    @property
    def waiting(self):
        return self._waiting

    def submit(self, texts):
        """A concurrent Future of the prediction. Raises ApiError 429 if as many wait as may."""
        with self._changing:
            if self._waiting >= self.max_queue:
                message = f"{self.name} has as many requests waiting as it may have. Try again in a second."
                raise ApiError(429, message, code="queue_full", headers={"Retry-After": "1"})
            self._waiting += 1
        future = self._thread.submit(self.predictor.predict, texts)
        future.add_done_callback(self._forget)
        return future

    def _forget(self, future):
        with self._changing:
            self._waiting -= 1

    def close(self):
        self._thread.shutdown(wait=False, cancel_futures=True)
