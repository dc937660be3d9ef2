"""Sinusoidal positions. Vaswani et al., 2017, arXiv:1706.03762."""

import numpy as np


def frequencies(size: int, base: float = 10000.0) -> np.ndarray:
    """float64 (size / 2,): base^(-2i / size), the angle between neighboring positions."""
    return base ** (-np.arange(0, size, 2) / size)


def sinusoids(length: int, size: int) -> np.ndarray:
    """float32 (length, size) of positions 0, 1, ...: sines in the even columns, cosines in the odd ones."""
    angles = np.arange(length)[:, None] * frequencies(size)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, size).astype("float32")
