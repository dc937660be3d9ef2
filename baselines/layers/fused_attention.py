"""Fused attention that never stores the weights: cuDNN's flash kernel on GPUs. Dao et al., 2022, arXiv:2205.14135.

Keras has it on JAX, in half precision; elsewhere it takes XLA's own attention, slower on a CPU than the plain product
of layers/attention.py. A flash kernel cannot be differentiated twice: the gradient penalty needs fused=False.
"""

from typing import Any

import keras
from keras import ops

from baselines.layers.attention_scale import scale_query


def has_flash_kernel() -> bool:
    """Whether Keras has a flash kernel here that applies masks; on TPUs it would apply the first row's mask to the whole batch."""
    return keras.backend.backend() == "jax" and keras.distribution.list_devices()[0].startswith("gpu")


def should_fuse(fused: bool | str) -> bool:
    """Whether to use the fused kernel; `auto` means where a flash kernel exists."""
    return has_flash_kernel() if fused == "auto" else fused


def fused_attend(query: Any, key: Any, value: Any, attention_mask: Any = None, scale: float | str = "sqrt") -> Any:
    """The mean of `attention.attend` without its other options; keys and values must be of one size."""
    if attention_mask is not None:                                      # cuDNN takes a row per query only
        each_query = ops.ones((1, 1, ops.shape(query)[1], 1), dtype="bool")
        attention_mask = ops.logical_and(attention_mask, each_query)
    query = scale_query(query, scale, attention_mask, ops.shape(key)[1])
    flash = None if has_flash_kernel() else False                               # None: if precision and sizes allow
    return ops.dot_product_attention(query, key, value, mask=attention_mask, scale=1.0, flash_attention=flash)
