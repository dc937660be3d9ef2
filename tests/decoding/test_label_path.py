"""The best label path in NumPy against every path."""

import itertools

import numpy as np

from baselines.decoding.label_path import best_path


def score(path, initial, steps):
    return initial[path[0]] + sum(steps[t, a, b] for t, (a, b) in enumerate(itertools.pairwise(path)))


def test_no_path_scores_higher():
    rng = np.random.default_rng(0)
    initial, steps = rng.normal(size=(4, 3)), rng.normal(size=(4, 4, 3, 3))
    mask = np.arange(5) < np.array([[5], [4], [2], [1]])
    found = best_path(initial, steps, mask)
    for row, length in enumerate(mask.sum(axis=1)):
        paths = itertools.product(range(3), repeat=int(length))
        best = max(paths, key=lambda path: score(path, initial[row], steps[row]))      # noqa: B023
        assert tuple(found[row, :length]) == best
        assert (found[row, length:] == best[-1]).all()
