"""Masks of sequences, as bert4keras.backend has them."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from baselines.compat.keras2.recorded import recorded


@recorded
def align(tensor: Any, axes: Sequence[int], ndim: int | None = None) -> Any:
    """The tensor with its i-th axis as axis axes[i] of `ndim`, the others of length 1."""
    ndim = ndim or max(axes) + 1
    places = {axis % ndim for axis in axes}
    index = tuple(slice(None) if place in places else None for place in range(ndim))
    return tensor[index]


def dtype(x: Any) -> str | None:
    """The name of a tensor's dtype; None for what has none."""
    return keras.backend.standardize_dtype(x.dtype) if hasattr(x, "dtype") else None


@recorded
def sequence_masking(
    x: Any, mask: Any = None, value: Any = 0, axis: Any = None, bias: Any = None, return_mask: bool = False
) -> Any:
    """x with `value` where a mask (B, L) of its axes, 1 by default, or a boolean bias is 0; another bias is added.

    return_mask   also returns the mask, aligned with x
    """
    rank = len(x.shape)
    if mask is not None:
        axes = [1] if axis is None else axis if isinstance(axis, list) else [axis]
        mask = ops.cast(mask, "bool")
        parts = [align.__wrapped__(mask, [0, each % rank], rank) for each in axes]
        mask = parts[0]
        for part in parts[1:]:
            mask = ops.logical_and(mask, part)
    if bias is not None:
        if dtype(bias) == "bool":
            mask = bias if mask is None else ops.logical_and(mask, bias)
        else:
            x = x + bias
    if mask is not None:
        x = ops.where(mask, x, ops.cast(value, x.dtype))
    return (x, mask) if return_mask else x


def token_mask(token_ids: Any) -> Any:
    """bool (B, L): 1 = a token; the first one is never padding."""
    real = ops.not_equal(token_ids, 0)
    return ops.concatenate([ops.ones_like(real[:, :1]), real[:, 1:]], axis=1)
