"""Both GELUs against their formulas."""

import math

import keras
import numpy as np
import pytest

from baselines.layers.activation import activation

pytestmark = pytest.mark.keras
X = np.linspace(-4, 4, 33).astype("float32")


@pytest.mark.parametrize("name", ["gelu", "gelu_erf"])
def test_gelu_is_the_exact_form(name):
    expected = [x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in X.tolist()]
    np.testing.assert_allclose(activation(name)(X), expected, atol=1e-6)


def test_gelu_of_bf16_is_the_exact_one_rounded_once():
    x = keras.ops.cast(X, "bfloat16")
    found = activation("gelu")(x)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    numbers = keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")).tolist()
    expected = [number * 0.5 * (1 + math.erf(number / math.sqrt(2))) for number in numbers]
    rounded = keras.ops.cast(np.array(expected, "float32"), "bfloat16")
    np.testing.assert_allclose(*(keras.ops.convert_to_numpy(keras.ops.cast(y, "float32")) for y in (found, rounded)), rtol=2**-8)
    assert keras.activations.deserialize(keras.activations.serialize(activation("gelu"))) is activation("gelu")


@pytest.mark.parametrize("name", ["gelu_tanh", "gelu_new", "gelu_pytorch_tanh"])
def test_gelu_tanh_is_the_approximate_form(name):
    expected = 0.5 * X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)))
    np.testing.assert_allclose(activation(name)(X), expected, atol=1e-6)
    assert keras.activations.deserialize(keras.activations.serialize(activation(name))) is activation(name)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="gelo"):
        activation("gelo")
