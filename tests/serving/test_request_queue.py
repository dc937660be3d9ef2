"""The queue of a worker: bounded, without what was canceled, and refused at the end."""

import concurrent.futures
import threading
import types

import pytest

from baselines.serving.api_error import ApiError
from baselines.serving.workers.request_queue import RequestQueue, fail


def job():
    return types.SimpleNamespace(future=concurrent.futures.Future())


def first(jobs):
    return jobs.popleft()


def test_jobs_come_out_in_order_and_no_more_wait_than_may():
    queue, jobs = RequestQueue("model", 2), [job(), job()]
    for each in jobs:
        queue.put(each)
    with pytest.raises(ApiError, match="The queue of model is full. Retry in one second.") as full:
        queue.put(job())
    assert full.value.status == 429 and full.value.headers == {"Retry-After": "1"} and len(queue) == 2
    assert [queue.take(first), queue.take(first)] == jobs and len(queue) == 0


def test_canceled_jobs_make_room():
    queue, canceled, other = RequestQueue("model", 1), job(), job()
    queue.put(canceled)
    canceled.future.cancel()
    queue.put(other)
    assert queue.take(first) is other


def test_the_end_wakes_the_worker_and_fails_what_waits():
    queue, taken = RequestQueue("model", 2), []
    worker = threading.Thread(target=lambda: taken.append(queue.take(first)))
    worker.start()
    queue.close()
    worker.join(60)
    assert taken == [None] and queue.closed
    with pytest.raises(ApiError) as closed:
        queue.put(job())
    assert closed.value.status == 503
    queue, waiting = RequestQueue("model", 2), job()
    queue.put(waiting)
    queue.close()
    assert waiting.future.exception(1).status == 503


def test_a_future_fails_in_any_state():
    for state in ("pending", "running", "canceled", "done"):
        future = concurrent.futures.Future()
        if state == "running":
            future.set_running_or_notify_cancel()
        elif state == "canceled":
            future.cancel()
        elif state == "done":
            future.set_result(1)
        fail(future, ValueError("x"))
        assert isinstance(future.exception() if state in ("pending", "running") else None, ValueError | None)
