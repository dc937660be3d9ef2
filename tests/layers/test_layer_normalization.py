"""Layer normalization: rows by hand, a constant row, Keras' own layer elsewhere, names of weights, half precision."""

import keras
import numpy as np
import pytest
from keras import ops

from baselines.layers.layer_normalization import LayerNormalization

pytestmark = pytest.mark.keras


def built(kind, epsilon=1e-12, size=4, **options):
    layer = kind(epsilon=epsilon, name="Norm", **options)
    layer.build((None, size))
    layer.gamma.assign(np.linspace(0.5, 2, size))
    if layer.center:
        layer.beta.assign(np.linspace(-1, 1, size) / 3)
    return layer


def test_a_constant_row_gives_beta():
    """Keras' own layer adds and subtracts 1e6 times the row, and loses beta: 0.1 off bert4keras, which centers first."""
    layer, row = built(LayerNormalization), np.full((1, 4), 1.5, "float32")
    np.testing.assert_allclose(ops.convert_to_numpy(layer(row))[0], np.linspace(-1, 1, 4) / 3, atol=1e-7)


def test_a_row_by_hand():
    layer = built(LayerNormalization, epsilon=1.0)
    expected = np.array([-3, -1, 1, 3]) / np.sqrt(5 + 1) * np.linspace(0.5, 2, 4) + np.linspace(-1, 1, 4) / 3
    np.testing.assert_allclose(ops.convert_to_numpy(layer(np.float32([[0, 2, 4, 6]])))[0], expected, atol=1e-6)


def test_other_rows_are_those_of_keras_with_weights_of_the_same_names():
    ours, theirs = built(LayerNormalization, size=64), built(keras.layers.LayerNormalization, size=64)
    x = np.random.default_rng(0).normal(3, 2, (5, 7, 64)).astype("float32")
    np.testing.assert_allclose(ops.convert_to_numpy(ours(x)), ops.convert_to_numpy(theirs(x)), atol=5e-6)
    assert [weight.path for weight in ours.weights] == [weight.path for weight in theirs.weights]
    again = LayerNormalization.from_config(ours.get_config())
    assert again.epsilon == 1e-12 and again.name == "Norm"


def test_half_precision_is_computed_in_float32():
    layer = built(LayerNormalization, dtype="mixed_bfloat16")
    y = layer(ops.cast(np.float32([[300, 300, 300, 304]]), "bfloat16"))
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    expected = np.array([-1, -1, -1, 3]) / np.sqrt(3) * np.linspace(0.5, 2, 4) + np.linspace(-1, 1, 4) / 3
    np.testing.assert_allclose(ops.convert_to_numpy(ops.cast(y, "float32"))[0], expected, atol=2e-2)


def test_the_rms_norm_does_not_center():
    layer = LayerNormalization(zero_mean=False, scale=False, center=False, epsilon=2.0)
    row = np.float32([[0, 2, 4, 6]])
    np.testing.assert_allclose(ops.convert_to_numpy(layer(row)), row / 4, atol=1e-6)      # mean of squares 14, and 2
    assert not layer.weights
    gamma = built(LayerNormalization, epsilon=2.0, zero_mean=False, center=False)
    np.testing.assert_allclose(ops.convert_to_numpy(gamma(row)), row / 4 * np.linspace(0.5, 2, 4), atol=1e-6)
