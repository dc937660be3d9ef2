"""The k texts nearest to one by WMD or WRD: lower bounds spare most of the exact work, and the result is the same as without."""

import bisect
import dataclasses

import numpy as np

from baselines.errors import InputError
from baselines.errors import nearest as near
from baselines.retrieval.distances.transport import least_cost
from baselines.retrieval.distances.word_movers import WordMovers
from baselines.retrieval.distances.word_rotators import WordRotators

DISTANCES = {"wmd": WordMovers, "wrd": WordRotators}
SLACK = 1e-9
"""Rounding by which a bound may exceed the distance."""


@dataclasses.dataclass(frozen=True)
class Nearest:
    """The number of a text among the candidates, and its distance. solved: for how many transport was computed."""

    numbers: list[int]
    distances: list[float]
    solved: int


def nearest(query, candidates, k, kind="wrd", prune=True):
    """The Nearest k of `candidates`, a list of (tokens, d) arrays, to the token vectors `query` (m, d); ties by their number.

    Candidates are taken in the order of their cheap bound, and work ends where it exceeds the k-th best distance. A second bound
    (every token goes to its nearest one, Kusner's RWMD) comes before each exact comparison.
    Raises InputError for an unknown kind, k below 1, and vectors that the distance refuses.
    """
    if kind not in DISTANCES:
        raise InputError(f"distance: there is no {kind!r}. {near(str(kind), DISTANCES)}")
    if k < 1:
        raise InputError(f"k: {k} is out of range. Give at least 1.")
    if not candidates:
        return Nearest([], [], 0)
    distance = DISTANCES[kind]()
    p, x, mean = distance.of(query)
    prepared = [distance.of(each) for each in candidates]
    sizes = {each[1].shape[1] for each in prepared} | {x.shape[1]}
    if len(sizes) > 1:
        raise InputError(f"Token vectors have different sizes: {', '.join(map(str, sorted(sizes)))}. Use one model for all.")
    bounds = distance.bounds(mean, np.stack([each[2] for each in prepared]))
    best, solved = [], 0                                                # sorted (distance, number)
    for number in np.argsort(bounds, kind="stable"):
        worst = best[k - 1][0] + SLACK if prune and len(best) >= k else np.inf
        if bounds[number] > worst:
            break
        q, y, _ = prepared[number]
        costs = distance.costs(x, y)
        if relaxed(p, q, costs) > worst:
            continue
        solved += 1
        bisect.insort(best, (least_cost(p, q, costs), int(number)))
    return Nearest([number for _, number in best[:k]], [value for value, _ in best[:k]], solved)


def relaxed(p: np.ndarray | None, q: np.ndarray | None, costs: np.ndarray) -> float:
    """What transport costs at least: all of one side to what is nearest on the other, the dearer of the two ways."""
    rows, columns = costs.min(1), costs.min(0)
    return max(rows.mean() if p is None else p @ rows, columns.mean() if q is None else q @ columns)
