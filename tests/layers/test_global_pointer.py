"""Pointers: positions count only relatively, half precision is near, and layers come back from their configuration."""

import keras
import numpy as np
import pytest

from baselines.layers.efficient_global_pointer import EfficientGlobalPointer
from baselines.layers.global_pointer import GlobalPointer

pytestmark = pytest.mark.keras
LAYERS = pytest.mark.parametrize("layer_type", [GlobalPointer, EfficientGlobalPointer])


def hidden_states(length=6):
    return np.random.default_rng(0).normal(size=(2, length, 8)).astype("float32")


def numpy(x):
    return keras.ops.convert_to_numpy(x)


@LAYERS
def test_a_text_scores_the_same_wherever_it_stands(layer_type):
    layer, mask = layer_type(3, 4), np.ones((2, 9), bool)
    moved = np.concatenate([np.zeros((2, 3, 8), "float32"), hidden_states()], axis=1)
    np.testing.assert_allclose(numpy(layer(moved, mask))[:, :, 3:, 3:], numpy(layer(hidden_states(), mask[:, 3:])), atol=1e-4)


@LAYERS
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_finite_and_near(layer_type, dtype):
    mask = np.arange(6) < [[6], [4]]
    whole, half = layer_type(3, 4), layer_type(3, 4, dtype=dtype)
    expected = numpy(whole(hidden_states(), mask))
    half(hidden_states(), mask)
    half.set_weights(whole.get_weights())
    found = half(hidden_states(), mask)
    assert keras.backend.standardize_dtype(found.dtype) == "float32" and np.isfinite(numpy(found)).all()
    np.testing.assert_allclose(numpy(found), expected, atol=0.15)


@LAYERS
def test_layers_come_back_from_their_configuration(layer_type):
    layer = layer_type(3, 4, rotary=False, use_bias=False, upper=False)
    clone = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(clone) is layer_type and clone.get_config() == layer.get_config()


def test_an_efficient_pointer_is_cheap_per_category():
    sizes = {}
    for layer_type in (GlobalPointer, EfficientGlobalPointer):
        counts = []
        for heads in (3, 4):
            layer = layer_type(heads, 4, use_bias=False)
            layer(hidden_states(), np.ones((2, 6), bool))
            counts.append(layer.count_params())
        sizes[layer_type] = counts[1] - counts[0]
    assert sizes == {GlobalPointer: 2 * 8 * 4, EfficientGlobalPointer: 4 * 4}
