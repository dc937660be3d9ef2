"""Two ways through many items: in groups, and as work that others do while few wait."""

import collections
import itertools


def batched(items, size):
    """Yields lists of `size` items, the last one perhaps of fewer; as itertools.batched of Python 3.12."""
    items = iter(items)
    while group := list(itertools.islice(items, size)):
        yield group


def bounded_map(submit, items, most):
    """Yields what `submit` makes of each item, such as a future, in the order of the items; at most `most` are begun beforehand."""
    running = collections.deque()
    for item in items:
        running.append(submit(item))
        if len(running) >= most:
            yield running.popleft()
    yield from running
