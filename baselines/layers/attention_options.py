"""Values of the options of attention, without importing Keras: configurations are checked with them."""

import math

SCALES = ("sqrt", "none", "log")
"""Or a number: see attention_scale.py."""
TALKING_HEADS = ("none", "pre", "pre_post")
"""Heads mixed nowhere, before the softmax, or before and after it."""
FUSED = ("auto", True, False)
"""See fused_attention.py."""


def is_scale(value: object) -> bool:
    """Is it one of SCALES or a positive finite number?"""
    if isinstance(value, str):
        return value in SCALES
    return type(value) in (int, float) and 0 < value < math.inf


def require(scale: object, talking_heads: object, fused: object) -> None:
    """Raises ValueError unless each is one of its values."""
    if not is_scale(scale):
        raise ValueError(f"expected `scale` to be one of {', '.join(SCALES)} or a number > 0. Received: {scale!r}")
    for name, value, known in (("talking_heads", talking_heads, TALKING_HEADS), ("fused", fused, FUSED)):
        if value not in known:
            raise ValueError(f"expected `{name}` to be one of {', '.join(map(str, known))}. Received: {value!r}")
