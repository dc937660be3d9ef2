"""A function applied by several processes or threads, as results come."""

from collections.abc import Callable, Iterable, Iterator
from multiprocessing import pool
from typing import Any

import numpy as np


def parallel_apply_generator(
    func: Callable, iterable: Iterable, workers: int, max_queue_size: int, dummy: bool = False, random_seeds: Any = True
) -> Iterator[tuple[int, Any]]:
    """Yields (index, result) in the order in which results come.

    Args:
        func: Function of one item.
        iterable: Items.
        workers: The number of processes or threads.
        max_queue_size: Items that wait at most.
        dummy: Threads instead of processes.
        random_seeds: A seed of NumPy for each process; True for other numbers in each.
    """
    import collections
    import multiprocessing

    seeds = multiprocessing.SimpleQueue()
    for seed in [None] * workers if random_seeds is True else random_seeds or []:
        seeds.put(seed)
    make = pool.ThreadPool if dummy else multiprocessing.get_context("fork").Pool
    _work["function"] = func
    with make(workers, _seeded, (seeds,)) as running:
        waiting = collections.deque()
        for item in enumerate(iterable):
            waiting.append(running.apply_async(_applied, (item,)))
            while len(waiting) > max_queue_size + workers:
                yield waiting.popleft().get()
        while waiting:
            yield waiting.popleft().get()


def parallel_apply(
    func: Callable, iterable: Iterable, workers: int, max_queue_size: int, callback: Callable | None = None, dummy: bool = False,
    random_seeds: Any = True, unordered: bool = True,
) -> list | None:  # fmt: skip
    """The results as a list, or each given to `callback`; in the items' order with unordered=False."""
    results = parallel_apply_generator(func, iterable, workers, max_queue_size, dummy, random_seeds)
    if callback is not None:
        for _, result in results:
            callback(result)
        return None
    return [result for _, result in (results if unordered else sorted(results, key=lambda pair: pair[0]))]


_work = {}
"""{"function": what forked processes apply}: a fork sees it, so that local functions work."""


def _seeded(seeds):
    if not seeds.empty():
        np.random.seed(seeds.get())


def _applied(item):
    index, value = item
    return index, _work["function"](value)
