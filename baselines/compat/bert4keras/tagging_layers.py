"""ConditionalRandomField, MaximumEntropyMarkovModel and both global pointers, over this library's.

They return scores with -inf on padding, which is how their losses, called by `model.compile(loss=layer.sparse_loss)`, know it.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.compat.bert4keras.layer_parts import Layer
from baselines.compat.bert4keras.masking import sequence_masking
from baselines.layers import crf, efficient_global_pointer, global_pointer


def real_tokens(y_pred: Any) -> Any:
    """bool (B, L): where the scores (B, L, C) are not -inf."""
    return ops.all(ops.not_equal(y_pred, -np.inf), axis=2)


def labels_like(y_true: Any, y_pred: Any) -> Any:
    """Labels of any shape as int32 (B, L)."""
    return ops.cast(ops.reshape(y_true, ops.shape(y_pred)[:-1]), "int32")


def share_right(labels: Any, found: Any, mask: Any) -> Any:
    """The share of real tokens whose label is the one found."""
    mask = ops.cast(mask, keras.config.floatx())
    right = ops.cast(ops.equal(labels, ops.cast(found, "int32")), mask.dtype)
    return ops.sum(right * mask) / ops.sum(mask)


class Tagger(Layer):
    """Scores (B, L, C) of labels -> the same, with -inf on padding; what follows is learned in its losses.

    lr_multiplier   factor of the learning rate of the transitions
    """

    def __init__(self, lr_multiplier: float = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.lr_multiplier = lr_multiplier

    def table(self, name: str, shape: tuple) -> keras.Variable:
        """A weight that starts as usual, and is stored divided by lr_multiplier."""
        start = keras.initializers.GlorotUniform()
        return self.add_weight(name=name, shape=shape, initializer=lambda *args, **kw: start(*args, **kw) / self.lr_multiplier)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        return sequence_masking(inputs, mask, -np.inf, 1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None

    def sparse_loss(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of labels (B, L)."""
        raise NotImplementedError

    def sparse_accuracy(self, y_true: Any, y_pred: Any) -> Any:
        """The share of tokens whose best label is right."""
        raise NotImplementedError

    def dense_loss(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of one-hot labels (B, L, C)."""
        return self.sparse_loss(ops.argmax(y_true, axis=2), y_pred)

    def dense_accuracy(self, y_true: Any, y_pred: Any) -> Any:
        """As sparse_accuracy, of one-hot labels."""
        return self.sparse_accuracy(ops.argmax(y_true, axis=2), y_pred)

    def get_config(self) -> dict:
        return {**super().get_config(), "lr_multiplier": self.lr_multiplier}


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class ConditionalRandomField(Tagger):
    """The likelihood of whole label sequences, see layers/crf.py."""

    def build(self, input_shape: Any) -> None:
        self._trans = self.table("trans", (input_shape[-1], input_shape[-1]))

    @property
    def trans(self) -> Any:
        """The transitions (C, C)."""
        return self._trans if self.lr_multiplier == 1 else ops.convert_to_tensor(self._trans) * self.lr_multiplier

    def sparse_loss(self, y_true: Any, y_pred: Any) -> Any:
        mask = real_tokens(y_pred)
        scores = ops.where(mask[..., None], y_pred, 0.0)
        return -crf.log_likelihood(labels_like(y_true, y_pred), scores, ops.convert_to_tensor(self.trans), mask)

    def sparse_accuracy(self, y_true: Any, y_pred: Any) -> Any:
        return share_right(labels_like(y_true, y_pred), ops.argmax(y_pred, axis=2), real_tokens(y_pred))


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class MaximumEntropyMarkovModel(Tagger):
    """Each label given its neighbor, in both directions; a loss per token, of halved scores, as in bert4keras.

    hidden_dim   the transitions are a product of two matrices of this inner size
    """

    def __init__(self, lr_multiplier: float = 1, hidden_dim: int | None = None, **kwargs: Any):
        super().__init__(lr_multiplier, **kwargs)
        self.hidden_dim = hidden_dim

    def build(self, input_shape: Any) -> None:
        labels = input_shape[-1]
        if self.hidden_dim is None:
            self._trans = self.table("trans", (labels, labels))
        else:
            self._l_trans = self.table("l_trans", (labels, self.hidden_dim))
            self._r_trans = self.table("r_trans", (labels, self.hidden_dim))

    @property
    def trans(self) -> Any:
        """The transitions (C, C)."""
        if self.hidden_dim is not None:
            return ops.matmul(self.l_trans, ops.transpose(self.r_trans))
        return ops.convert_to_tensor(self._trans) * self.lr_multiplier

    @property
    def l_trans(self) -> Any:
        """The left factor of the transitions."""
        return ops.convert_to_tensor(self._l_trans) * self.lr_multiplier

    @property
    def r_trans(self) -> Any:
        """The right factor of the transitions."""
        return ops.convert_to_tensor(self._r_trans) * self.lr_multiplier

    def directions(self, y_true: Any, y_pred: Any) -> list:
        """[(scores with the neighbor's, labels, mask)] from left to right and from right to left."""
        labels, mask = labels_like(y_true, y_pred), real_tokens(y_pred)
        found = []
        for backwards in (False, True):
            trans = ops.transpose(self.trans) if backwards else self.trans
            here, scores = (_reversed(each, mask) for each in (labels, y_pred)) if backwards else (labels, y_pred)
            history = ops.take(trans, here, axis=0)
            history = ops.concatenate([scores[:, :1], history[:, :-1]], axis=1)
            found.append(((scores + history) / 2, here, mask))
        return found

    def sparse_loss(self, y_true: Any, y_pred: Any) -> Any:
        losses = []
        for scores, labels, mask in self.directions(y_true, y_pred):
            scores = ops.where(mask[..., None], scores, 0.0)
            loss = ops.sparse_categorical_crossentropy(labels, scores, from_logits=True)
            weight = ops.cast(mask, loss.dtype)
            losses.append(ops.sum(loss * weight) / ops.sum(weight))
        return sum(losses) / 2

    def sparse_accuracy(self, y_true: Any, y_pred: Any) -> Any:
        found = [share_right(labels, ops.argmax(scores, axis=2), mask) for scores, labels, mask in self.directions(y_true, y_pred)]
        return sum(found) / 2

    def get_config(self) -> dict:
        return {**super().get_config(), "hidden_dim": self.hidden_dim}


def _reversed(x, mask):
    """Each row's real part backwards; padding stays where it is."""
    lengths = ops.sum(ops.cast(mask, "int32"), axis=1, keepdims=True)
    place = ops.arange(ops.shape(x)[1])[None]
    place = ops.where(place < lengths, lengths - 1 - place, place)
    place = place if len(x.shape) == 2 else ops.broadcast_to(place[..., None], ops.shape(x))
    return ops.take_along_axis(x, place, axis=1)


class _Pointer:
    """bert4keras' arguments and its -inf for one of our pointers."""

    def __init__(
        self, heads: int, head_size: int, RoPE: bool = True, use_bias: bool = True, tril_mask: bool = True,  # noqa: N803
        kernel_initializer: Any = "lecun_normal", **kwargs: Any,
    ):  # fmt: skip
        kwargs.pop("rotary", None)
        super().__init__(heads, head_size, RoPE, use_bias, tril_mask, kernel_initializer, **kwargs)
        self.RoPE, self.tril_mask = RoPE, tril_mask
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        mask = ops.ones(ops.shape(inputs)[:2], "bool") if mask is None else ops.cast(mask, "bool")
        scores = super().call(inputs, mask)
        return ops.where(scores > global_pointer.MASKED, scores, -np.inf)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None

    def compute_output_spec(self, inputs: Any, mask: Any = None) -> Any:
        batch, length = inputs.shape[:2]
        return keras.KerasTensor((batch, self.heads, length, length), "float32")

    def get_config(self) -> dict:
        config = super().get_config()
        return {name: value for name, value in config.items() if name not in ("rotary", "upper")} | {
            "RoPE": self.RoPE, "tril_mask": self.tril_mask,
        }  # fmt: skip


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class GlobalPointer(_Pointer, global_pointer.GlobalPointer):
    """A score for every span of every category."""


@keras.saving.register_keras_serializable(package="baselines.bert4keras")
class EfficientGlobalPointer(_Pointer, efficient_global_pointer.EfficientGlobalPointer):
    """One span score for all categories, plus start and end scores of each."""
