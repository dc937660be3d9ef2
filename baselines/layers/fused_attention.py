"""Attention as one operation that never stores the weights: cuDNN's flash kernel on GPUs. Dao et al., 2022, arXiv:2205.14135.

Keras has it on JAX, in half precision; elsewhere it takes XLA's own attention, slower on a CPU than the plain product
of layers/attention.py. A flash kernel cannot be differentiated twice: the gradient penalty needs fused=False.
"""

from typing import Any

import keras
from keras import ops

from baselines.layers.attention_scale import scaled


def on_flash() -> bool:
    """Does Keras have a flash kernel here that heeds masks? On TPUs it would give all rows of a batch the first one's."""
    return keras.backend.backend() == "jax" and keras.distribution.list_devices()[0].startswith("gpu")


def wanted(fused: bool | str) -> bool:
    """Take it? `auto` is where it is a flash kernel."""
    return on_flash() if fused == "auto" else fused


def fused_attend(query: Any, key: Any, value: Any, attention_mask: Any = None, scale: float | str = "sqrt") -> Any:
    """The mean of `attention.attend` without its other options; keys and values must be of one size."""
    if attention_mask is not None:                                      # cuDNN takes a row per query only
        each_query = ops.ones((1, 1, ops.shape(query)[1], 1), dtype="bool")
        attention_mask = ops.logical_and(attention_mask, each_query)
    query = scaled(query, scale, attention_mask, ops.shape(key)[1])
    flash = None if on_flash() else False                               # None: if precision and sizes allow
    return ops.dot_product_attention(query, key, value, mask=attention_mask, scale=1.0, flash_attention=flash)
