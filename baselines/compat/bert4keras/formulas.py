"""Positions, attention weights and losses of bert4keras.backend, over this library's."""

from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.bert4keras.masking import sequence_masking
from baselines.compat.keras2.recorded import recorded
from baselines.layers.attention_scale import CALIBRATED, SMALLEST
from baselines.layers.rotary_position import rotate
from baselines.layers.sinusoid import frequencies
from baselines.losses.multilabel_cross_entropy import NOT, multilabel_cross_entropy, sparse_multilabel_cross_entropy


@recorded
def attention_normalize(a: Any, mask: Any = None, axis: int = -1, method: str = "softmax", bias: Any = None) -> Any:
    """Attention scores as weights: softmax, squared_relu (arXiv:2202.10447) or softmax_plus (kexue.fm/archives/8823)."""
    a, mask = sequence_masking(a, mask, -np.inf, axis, bias, True)
    if method == "softmax":
        return ops.softmax(a, axis=axis)
    if mask is None:
        seen = ops.cast(ops.shape(a)[-1], a.dtype)
    else:
        seen = ops.sum(ops.cast(mask, a.dtype), axis=axis, keepdims=True)
    if method == "squared_relu":
        return ops.square(ops.relu(a)) / seen
    if method == "softmax_plus":
        return ops.softmax(a * ops.log(ops.maximum(seen, SMALLEST)) / np.log(CALIBRATED), axis=axis)
    return a


@recorded
def sinusoidal_embeddings(pos: Any, dim: int, base: float = 10000) -> Any:
    """The vectors of positions (…): (…, dim), sines in the even columns and cosines in the odd ones."""
    angles = ops.cast(pos, keras.config.floatx())[..., None] * frequencies(dim, base).astype(keras.config.floatx())
    both = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)
    return ops.reshape(both, (*ops.shape(angles)[:-1], dim))


@keras.saving.register_keras_serializable(package="baselines")
class Sinusoidal(keras.initializers.Initializer):
    """A table of sinusoidal vectors."""

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return sinusoidal_embeddings(ops.arange(shape[0]), shape[1])

    def get_config(self) -> dict:
        return {}


@recorded
def apply_rotary_position_embeddings(sinusoidal: Any, *tensors: Any) -> Any:
    """Tensors (B, L, …, D) turned by the positions of `sinusoidal` (B, L, D)."""
    cos, sin = ops.repeat(sinusoidal[..., 1::2], 2, axis=-1), ops.repeat(sinusoidal[..., ::2], 2, axis=-1)
    rotary = ops.stack([cos, sin])
    turned = []
    for tensor in tensors:
        if len(tensor.shape) == 3:
            turned.append(rotate(tensor[:, :, None], rotary)[:, :, 0])
        else:
            turned.append(rotate(tensor, rotary))
    return turned[0] if len(turned) == 1 else turned


@recorded
def multilabel_categorical_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """The loss of several classes at once, see losses/multilabel_cross_entropy.py; scores of -inf count nothing."""
    return multilabel_cross_entropy(ops.maximum(y_pred, NOT), y_true)


@recorded
def sparse_multilabel_categorical_crossentropy(y_true: Any, y_pred: Any, mask_zero: bool = False) -> Any:
    """The same from the numbers of the positive classes; with mask_zero, class 0 is padding."""
    positives, scores = ops.cast(y_true, "int32"), ops.maximum(y_pred, NOT)
    if mask_zero:
        positives = ops.where(positives == 0, -1, positives)
        scores = ops.where(ops.arange(ops.shape(scores)[-1]) == 0, NOT, scores)
    return sparse_multilabel_cross_entropy(scores, positives)


