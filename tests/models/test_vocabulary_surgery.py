"""Rows kept and rows made."""

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.models.vocabulary import rows, size

TABLE = np.arange(12, dtype="float32").reshape(6, 2)


def test_rows_are_kept_in_the_order_given():
    np.testing.assert_array_equal(rows(TABLE, keep_tokens=[4, 0]), [[8, 9], [0, 1]])
    np.testing.assert_array_equal(rows(TABLE[:, 0], keep_tokens=[4, 0]), [8, 0])
    np.testing.assert_array_equal(rows(TABLE), TABLE)


def test_new_rows_are_the_mean_of_the_kept_ones():
    np.testing.assert_array_equal(rows(TABLE, keep_tokens=[4, 0, -1]), [[8, 9], [0, 1], [4, 5]])
    np.testing.assert_array_equal(rows(TABLE[:, 0], keep_tokens=[-1, 4, 0]), [4, 8, 0])
    assert rows(TABLE, keep_tokens=[4, -1]).dtype == np.float32


def test_compound_rows_are_means_of_the_kept_ones():
    found = rows(TABLE, keep_tokens=[4, 0, 2], compound_tokens=[[0, 1], ([1, 2], [1, 3])])
    np.testing.assert_array_equal(found[3:], [[4, 5], [3, 4]])
    assert found.dtype == np.float32
    assert size(6, [4, 0, 2], [[0, 1], ([1, 2], [1, 3])]) == len(found) == 5
    assert size(6) == 6


def test_ids_beyond_the_checkpoint_are_refused():
    with pytest.raises(InputError, match=r"keep_tokens: the ids range from .* but the checkpoint has 6 rows"):
        rows(TABLE, keep_tokens=[0, 6])
    with pytest.raises(InputError, match="compound_tokens"):
        rows(TABLE, keep_tokens=[0, 1], compound_tokens=[[2]])
