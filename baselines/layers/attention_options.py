"""Allowed values of the attention options, importable without Keras so that configurations can be checked early."""

import math

SCALES = ("sqrt", "none", "log")
"""Or a number: see attention_scale.py."""
TALKING_HEADS = ("none", "pre", "pre_post")
"""No mixing of heads, before the softmax, or before and after it."""
FUSED = ("auto", True, False)
"""See fused_attention.py."""
NORMALIZATIONS = ("softmax", "squared_relu")
"""From scores to weights, see attention.py."""


def is_scale(value: object) -> bool:
    """Whether `value` is one of SCALES or a positive finite number."""
    if isinstance(value, str):
        return value in SCALES
    return type(value) in (int, float) and 0 < value < math.inf


def check_attention_options(
    scale: object, talking_heads: object = "none", fused: object = "auto", normalization: object = "softmax"
) -> None:
    """Check the options of an attention layer.

    Raises:
        ValueError: An option has an unknown value.
    """
    if not is_scale(scale):
        raise ValueError(f"`scale` is {scale!r}. Give one of {', '.join(SCALES)}, or a number > 0.")
    for name, value, known in (
        ("talking_heads", talking_heads, TALKING_HEADS),
        ("fused", fused, FUSED),
        ("normalization", normalization, NORMALIZATIONS),
    ):
        if value not in known:
            raise ValueError(f"`{name}` is {value!r}. Give one of {', '.join(map(str, known))}.")
