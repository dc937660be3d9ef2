"""Assigning candidates to blanks: the worked case, brute force, and agreement with the argmax where that repeats none."""

import itertools

import numpy as np
import pytest

from baselines.decoding.assignment import assign


def test_worked_assignment():
    scores = np.array([[2, 1.9, 0], [3, 1, 0]])
    assert scores.argmax(1).tolist() == [0, 0] and assign(scores) == [1, 0]
    assert scores[[0, 1], assign(scores)].sum() == pytest.approx(4.9)


def test_brute_force_and_argmax():
    rng = np.random.default_rng(0)
    for rows in (1, 2, 3, 4):
        for _ in range(20):
            scores = rng.normal(size=(rows, 5))
            found = assign(scores)
            total = max(sum(scores[range(rows), columns]) for columns in itertools.permutations(range(5), rows))
            assert len(set(found)) == rows and scores[range(rows), found].sum() == pytest.approx(total)
            argmax = scores.argmax(1).tolist()
            assert len(set(argmax)) < rows or found == argmax


def test_more_rows_than_columns_are_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 2\)"):
        assign(np.zeros((3, 2)))
