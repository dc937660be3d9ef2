"""What attention scores are scaled by: 1/sqrt(d), or more for longer rows. Su, 2021, kexue.fm/archives/8823.

    sqrt      1 / sqrt(d), d the size of keys: scores of variance 1
    none      1: for queries and keys whose start already divides
    a number  alpha / sqrt(d)
    log       ln(n) / ln(512) / sqrt(d), n the keys that the query sees, at least 16: the entropy of the weights does not
              grow with the length, so that a model trained on short rows reads long ones
"""

import math
from typing import Any

from keras import ops

CALIBRATED = 512
"""The number of keys at which `log` is 1 / sqrt(d)."""
SMALLEST = 16


def scale_query(query: Any, scale: float | str, attention_mask: Any, num_keys: Any) -> Any:
    """query (B, Q, H, K) times the scale; attention_mask bool (B, 1 or H, 1 or Q, L) or None."""
    root = query.shape[-1] ** -0.5
    if scale == "sqrt":
        return query * root
    if scale == "none":
        return query
    if scale == "log":
        return query * ops.cast(log_factor(attention_mask, num_keys) * root, query.dtype)
    return query * (scale * root)


def log_factor(attention_mask: Any, num_keys: Any) -> Any:
    """ln(n) / ln(512) of each query: float32 (B, 1 or Q, 1 or H, 1), or () without a mask."""
    if attention_mask is None:
        seen = ops.cast(num_keys, "float32")
    else:
        seen = ops.sum(ops.cast(attention_mask, "float32"), axis=-1, keepdims=True)
        seen = ops.transpose(seen, (0, 2, 1, 3))
    return ops.log(ops.maximum(seen, SMALLEST)) / math.log(CALIBRATED)
