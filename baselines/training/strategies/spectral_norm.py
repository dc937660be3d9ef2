"""Spectral-norm penalty: bounds the Lipschitz constant of layers. Yoshida and Miyato, 2017, arXiv:1705.10941.

A power iteration per matrix and micro-batch, small beside a pass. Each starts from the last one's vector, kept in the state.
To use it in place of L2: `--weight_decay 0`.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.plugins.settings import ranges
from baselines.training.strategies.strategy import Strategy

WARM_UP = 5
"""Power iterations before training, from random vectors."""


@dataclasses.dataclass(frozen=True)
class SpectralNorm(Strategy):
    """loss + factor times the sum over all kernels of ||W||^2; W is a kernel with its leading axes as one."""

    factor: float = 1e-4
    """Weight of the penalty; there is no published value."""
    iterations: int = 1
    """Power iterations per micro-batch."""

    def __post_init__(self):
        ranges(self, factor=(0, None), iterations=(1, None))

    def start(self, weights: dict[str, Any], full_pass: Callable | None) -> dict[str, np.ndarray]:
        random, vectors = np.random.default_rng(0), {}
        for path, array in weights.items():
            if path.endswith("kernel") and array.ndim > 1:
                matrix = array.reshape(-1, array.shape[-1])
                u = random.normal(size=(1, len(matrix))).astype("float32")
                for _ in range(WARM_UP):
                    v = u @ matrix
                    u = (v / max(np.linalg.norm(v), 1e-12)) @ matrix.T
                    u = u / max(np.linalg.norm(u), 1e-12)
                vectors[path] = u
        return vectors

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        from keras import ops

        loss, outputs = compute_loss(weights)
        for path in weights:
            if path in step.state:
                size, step.state[path] = spectral_norm(weights[path], step.state[path], self.iterations)
                loss += self.factor * ops.square(size)
        return loss, outputs


def spectral_norm(kernel: Any, u: Any, iterations: int) -> tuple:
    """(||W||, next u) by power iteration from u (1, rows); the gradient by W is u^T v, that of u and v is stopped."""
    from keras import ops

    matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
    fixed = ops.stop_gradient(matrix)
    for _ in range(iterations):
        v = unit(ops.matmul(u, fixed))
        u = unit(ops.matmul(v, ops.transpose(fixed)))
    return ops.sum(ops.matmul(u, matrix) * v), u


def unit(vector: Any) -> Any:
    from keras import ops

    return vector / ops.maximum(ops.sqrt(ops.sum(ops.square(vector))), 1e-12)


STRATEGY = SpectralNorm
