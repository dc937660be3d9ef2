"""What every layer owes: it clones, passes masks on, takes any length and survives half precision."""

import keras
import numpy as np
import pytest

from baselines.layers.attention_mask import MASKS, AttentionMask
from baselines.layers.bias import Bias
from baselines.layers.feed_forward import FeedForward
from baselines.layers.gate import Gate
from baselines.layers.layer_normalization import LayerNormalization
from baselines.layers.linear_attention import MultiHeadLinearAttention
from baselines.layers.masked_pooling import FirstToken
from baselines.layers.multi_head_attention import MultiHeadAttention
from baselines.layers.position_embedding import PositionEmbedding
from baselines.layers.relative_position import RelativePosition
from baselines.layers.rotary_position import RotaryPosition
from baselines.layers.variance_scaling import VarianceScaling

pytestmark = pytest.mark.keras
LAYERS = {
    "attention": lambda dtype=None: MultiHeadAttention(2, 3, 8, key_size=5, dropout_rate=0.1, dtype=dtype),
    "mixed_attention": lambda dtype=None: MultiHeadAttention(
        2, 3, 8, scale="log", talking_heads="pre_post", kernel_initializer=VarianceScaling("geometric", 0.5), dtype=dtype
    ),
    "fused_attention": lambda dtype=None: MultiHeadAttention(2, 3, 8, scale=2.0, fused=True, dtype=dtype),
    "linear_attention": lambda dtype=None: MultiHeadLinearAttention(2, 3, 8, key_size=5, dtype=dtype),
    "gate": lambda dtype=None: Gate(dtype=dtype),
    "feed_forward": lambda dtype=None: FeedForward(6, 8, hidden_act="gelu_tanh", dtype=dtype),
    "gated": lambda dtype=None: FeedForward(6, 8, use_bias=False, gate_act="linear", dtype=dtype),
    "rms_norm": lambda dtype=None: LayerNormalization(zero_mean=False, center=False, epsilon=1e-6, dtype=dtype),
    "no_bias": lambda dtype=None: MultiHeadAttention(2, 3, 8, use_bias=False, dtype=dtype),
    "bias": lambda dtype=None: Bias(dtype=dtype),
    "first_token": lambda dtype=None: FirstToken(dtype=dtype),
    "position": lambda dtype=None: PositionEmbedding(7, dtype=dtype),
    "hierarchical": lambda dtype=None: PositionEmbedding(4, hierarchical=0.4, dtype=dtype),
    "relative": lambda dtype=None: RelativePosition(6, max_distance=2, dtype=dtype),
    "rotary": lambda dtype=None: RotaryPosition(6, dtype=dtype),
}


def inputs(length, seed=0):
    return np.random.default_rng(seed).normal(size=(2, length, 8)).astype("float32")


def model_of(layer):
    x = keras.Input((None, 8))
    return keras.Model(x, layer(x))


def numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


@pytest.mark.parametrize("name", LAYERS)
def test_clone_computes_the_same(name):
    model = model_of(LAYERS[name]())
    clone = keras.models.clone_model(model)
    assert clone.layers[-1].get_config() == model.layers[-1].get_config()
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(numpy(model(inputs(5))), numpy(clone(inputs(5))))


@pytest.mark.parametrize("name", LAYERS)
def test_declared_shape_is_the_shape_for_two_lengths(name):
    model = model_of(LAYERS[name]())
    count = len(model.weights)
    for length in (5, 7):
        shape = model(inputs(length)).shape
        assert len(shape) == len(model.output.shape)
        declared = model.layers[-1].compute_output_spec(keras.KerasTensor((2, length, 8))).shape
        assert tuple(shape) == tuple(declared)
    assert len(model.weights) == count                                  # none made in call


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", LAYERS)
def test_half_precision_is_finite_and_near(name, dtype):
    whole, half = model_of(LAYERS[name]()), model_of(LAYERS[name](dtype))
    half.set_weights(whole.get_weights())
    found = half(inputs(6))
    assert keras.backend.standardize_dtype(found.dtype) == dtype.removeprefix("mixed_")
    np.testing.assert_allclose(numpy(found), numpy(whole(inputs(6))), atol=0.05)


@pytest.mark.parametrize("name", ["attention", "linear_attention", "gate", "feed_forward", "bias", "position", "hierarchical"])
def test_masks_pass_through(name):
    x = keras.layers.Masking()(keras.Input((None, 8)))
    assert LAYERS[name]()(x)._keras_mask is x._keras_mask


def test_first_token_drops_the_mask():
    x = keras.layers.Masking()(keras.Input((None, 8)))
    assert getattr(FirstToken()(x), "_keras_mask", None) is None


@pytest.mark.parametrize("mask", MASKS)
def test_attention_mask_clones_with_its_arguments(mask):
    layer = AttentionMask.from_config(AttentionMask(mask, pad_token_id=3).get_config())
    assert (layer.mask, layer.pad_token_id) == (mask, 3)


@pytest.mark.parametrize("layer, argument", [(RotaryPosition, 5), (RelativePosition, 5), (AttentionMask, "unilm")])
def test_impossible_arguments_are_refused(layer, argument):
    with pytest.raises(ValueError, match="Give an even size|Choose one of"):
        layer(argument)
