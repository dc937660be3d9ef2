"""Exact k-nearest search by WMD or WRD. Lower bounds save most of the exact comparisons."""

import bisect
import dataclasses
from collections.abc import Sequence

import numpy as np

from baselines.errors import InputError
from baselines.errors import nearest as near
from baselines.retrieval.distances.transport import least_cost
from baselines.retrieval.distances.word_movers import WordMovers
from baselines.retrieval.distances.word_rotators import WordRotators

DISTANCES = {"wmd": WordMovers, "wrd": WordRotators}
SLACK = 1e-9
"""Rounding error by which a bound may exceed the distance."""


@dataclasses.dataclass(frozen=True)
class Nearest:
    """The result of a search.

    Args:
        numbers: Numbers of the nearest candidates, best first.
        distances: Their distances.
        solved: Number of candidates whose exact distance was computed.
    """

    numbers: list[int]
    distances: list[float]
    solved: int


def nearest(query: np.ndarray, candidates: Sequence[np.ndarray], k: int, kind: str = "wrd", prune: bool = True) -> Nearest:
    """Finds the nearest candidates.

    Candidates are compared in the order of a cheap bound, until it exceeds the k-th best distance. A second bound (each token moves
    to its nearest one, Kusner's RWMD) precedes each exact comparison.

    Args:
        query: Token vectors (m, d).
        candidates: Token vectors (n, d) of each candidate.
        k: Number of candidates to find.
        kind: "wmd" or "wrd".
        prune: Use the bounds. The result is the same without.

    Returns:
        The k nearest; equal distances in the order of the candidates.

    Raises:
        InputError: `kind` is unknown, `k` is below 1, or the vectors do not fit.
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
    """A lower bound of the cost: each side moves to its nearest points on the other; the larger of the two costs."""
    rows, columns = costs.min(1), costs.min(0)
    return max(rows.mean() if p is None else p @ rows, columns.mean() if q is None else q @ columns)
