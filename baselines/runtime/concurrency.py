"""Iteration in batches, and a bounded map over work that runs elsewhere."""

import collections
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def batched(items: Iterable, size: int) -> Iterator[list]:
    """Yields lists of `size` items; the last may be shorter. Like itertools.batched of Python 3.12."""
    items = iter(items)
    while group := list(itertools.islice(items, size)):
        yield group


def bounded_map(submit: Callable[[Any], Any], items: Iterable, max_in_flight: int) -> Iterator:
    """Submits items with a bounded number in flight.

    Args:
        submit: Starts the work on an item; returns, for example, a future.
        items: Items, read as needed.
        max_in_flight: Maximum number of submitted items whose result is not yielded yet.

    Yields:
        The results of `submit`, in the order of the items.
    """
    running = collections.deque()
    for item in items:
        running.append(submit(item))
        if len(running) >= max_in_flight:
            yield running.popleft()
    yield from running
