"""Sampling as bert4keras' AutoRegressiveDecoder does it, number for number: the same texts from the same state of `np.random`.

What differs from `decoding/sampling.py`: candidates keep the order of NumPy's partial sort, the numbers come from NumPy's global
generator, and several texts are drawn in one batch that shrinks as they end.
"""

from collections.abc import Callable

import numpy as np

from baselines.decoding.bert4keras_beam import finished


def random_sample(
    next_probabilities: Callable[[np.ndarray, np.ndarray | None], np.ndarray], first: np.ndarray, num: int, top_k: int | None,
    top_p: float | None, max_tokens: int, min_tokens: int, ends: int, end_id: int,
) -> list[np.ndarray]:  # fmt: skip
    """Texts as they end; those that reach the longest length come last.

    Args:
        next_probabilities: (written int (R, T), parents int (R,) or None) -> float (R, V); `parents` are the rows of the last call
            that were kept, None in the first call.
        first: int (1, T), what each text begins with.
        num: The number of texts.
        top_k: Number of most probable tokens to draw from; None for all.
        top_p: Draw among the fewest with this probability; None for all.
        max_tokens: Longest text, without what it begins with.
        min_tokens: Shortest text.
        ends: End tokens of a finished text.
        end_id: The end token.
    """
    written, results, parents = first, [], None
    for step in range(max_tokens):
        probabilities = np.array(next_probabilities(written, parents))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        parents = np.arange(len(written))
        if step == 0:
            parents = np.zeros(num, int)
            probabilities, written = (np.repeat(each, num, axis=0) for each in (probabilities, written))
        written = np.concatenate([written, _drawn(probabilities, top_k, top_p)], axis=1)
        done = finished(written, end_id, ends, min_tokens)
        results.extend(written[done])
        written, parents = written[~done], parents[~done]
        if not len(written):
            break
    return results + list(written)


def _drawn(probabilities, top_k, top_p):
    """int (R, 1): a token for each row."""
    orders = []
    if top_k is not None:
        orders.append(probabilities.argpartition(-top_k, axis=1)[:, -top_k:])
        probabilities = np.take_along_axis(probabilities, orders[-1], axis=1)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    if top_p is not None:
        orders.append(probabilities.argsort(axis=1)[:, ::-1])
        probabilities = np.take_along_axis(probabilities, orders[-1], axis=1)
        beyond = np.roll(np.cumsum(probabilities, axis=1) >= top_p, 1, axis=1)
        beyond[:, 0] = False
        probabilities[beyond] = 0
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    drawn = np.array([[np.random.choice(len(row), p=row)] for row in probabilities])
    for order in reversed(orders):
        drawn = np.take_along_axis(order, drawn, axis=1)
    return drawn
