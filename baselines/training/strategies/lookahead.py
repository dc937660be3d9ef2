"""Lookahead: every k updates the weights step back towards slow weights. Zhang et al., 2019, arXiv:1907.08610.

Slow weights start as the weights before the first update (in bert4keras at 0, which halves the model). The optimizer's own
means are not reset. One more copy of the weights.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.plugins.settings import ranges
from baselines.training.strategies.strategy import Strategy

UPDATES = "updates"


@dataclasses.dataclass(frozen=True)
class Lookahead(Strategy):
    """After every k-th update: slow += alpha (weights - slow), weights = slow."""

    k: int = 5
    """Updates between two of the slow weights."""
    alpha: float = 0.5
    """Part of the way that stays; 1 is the plain optimizer."""

    copies = 1
    follows_weights = True

    def __post_init__(self):
        ranges(self, k=(1, None), alpha=(0, 1))

    def start(self, weights: dict[str, Any], full_pass: Callable | None) -> dict[str, np.ndarray]:
        return {UPDATES: np.zeros((), "int32"), **weights}

    def after_update(
        self, weights: dict[str, Any], updated: dict[str, Any], gradients: dict[str, Any], step: Any
    ) -> dict[str, Any]:
        from keras import ops

        step.state[UPDATES] = step.state[UPDATES] + 1
        back = step.state[UPDATES] % self.k == 0
        result = {}
        for path, fast in updated.items():
            slow = step.state[path]
            step.state[path] = ops.where(back, slow + self.alpha * (fast - slow), slow)
            result[path] = ops.where(back, step.state[path], fast)
        return result


STRATEGY = Lookahead
