"""Cross-entropy against numbers worked out by hand (specs of C3: logits 1, 0, 0, -1) and against NumPy."""

import keras
import numpy as np
import pytest

from baselines.losses.cross_entropy import cross_entropy

pytestmark = pytest.mark.keras


def loss(targets, logits):
    outputs = {"logits": keras.ops.convert_to_tensor(np.array(logits, np.float32))}
    return keras.ops.convert_to_numpy(cross_entropy(keras.ops.convert_to_tensor(np.array(targets, np.int32)), outputs))


def test_worked_numbers():
    np.testing.assert_allclose(loss([0, 3], [[1, 0, 0, -1]] * 2), [0.626523, 2.626523], atol=1e-6)
    np.testing.assert_allclose(loss([1], [[0, 0, 0]]), [np.log(3)], atol=1e-6)


def test_a_constant_changes_nothing_and_large_logits_are_finite():
    np.testing.assert_allclose(loss([0], [[101, 100, 100, 99]]), [0.626523], atol=1e-5)
    np.testing.assert_allclose(loss([0, 1], [[1e4, 0], [1e4, 0]]), [0, 1e4])


def test_one_number_per_row_in_float32():
    values = loss([0, 1, 2], np.random.default_rng(0).normal(size=(3, 4)))
    assert values.shape == (3,) and values.dtype == np.float32 and (values > 0).all()
