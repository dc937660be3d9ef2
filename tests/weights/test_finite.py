"""NaN and infinity are seen in every dtype, wherever they are."""

import ml_dtypes
import numpy as np
import pytest

from baselines.errors import InputError
from baselines.weights.finite import PIECE, is_finite, require_finite

DTYPES = (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, PIECE, 2 * PIECE + 6])
def test_one_bad_number_is_seen(dtype, value, place):
    array = np.full(2 * PIECE + 7, -3.0, dtype)
    assert is_finite(array)
    array[place] = value
    assert not is_finite(array)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_largest_numbers_are_finite(dtype):
    assert is_finite(np.array([[ml_dtypes.finfo(dtype).max, ml_dtypes.finfo(dtype).min, 0]], dtype))


def test_other_types_and_layouts():
    assert is_finite(np.array([1, 2])) and is_finite(np.array(True)) and is_finite(np.zeros((0, 3), np.float16))
    transposed = np.ones((3, 4), np.float16).T
    assert is_finite(transposed)
    transposed[1, 2] = np.nan
    assert not is_finite(transposed)


def test_the_message_counts_them():
    with pytest.raises(InputError, match="model.safetensors: 2 of the 6 numbers of a.weight are NaN or infinite"):
        require_finite(np.array([[1, np.nan, 3], [4, np.inf, 6]], np.float32), "a.weight", "model.safetensors")
