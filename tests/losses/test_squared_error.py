"""Squared error per row."""

import keras
import numpy as np
import pytest

from baselines.losses.squared_error import squared_error

pytestmark = pytest.mark.keras


def test_one_number_per_row_in_float32():
    outputs = {"similarity": keras.ops.convert_to_tensor(np.array([0.5, 2.0, -1.0], np.float16))}
    found = squared_error(keras.ops.convert_to_tensor(np.array([0.0, 1.5, 1.0], np.float32)), outputs)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), [0.25, 0.25, 4.0])
