"""Averaged weights: score and save the exponential moving average of the trained weights. Polyak and Juditsky, 1992.

Free of bias as in bert4keras: the mean starts at 0 and is divided by 1 - momentum^t. One more copy of the weights; training
itself is not changed.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.plugins.settings import flag, ranges
from baselines.training.strategies.strategy import Strategy

SHARE = "share"
"""Of the mean that is not its start at 0: 1 - momentum^t after t updates."""


@dataclasses.dataclass(frozen=True)
class Ema(Strategy):
    """mean = momentum mean + (1 - momentum) weights, after every update."""

    momentum: float = 0.999
    """Decay of the mean: about the last 1 / (1 - momentum) updates count."""

    copies = 1
    follows_weights = True

    def __post_init__(self):
        ranges(self, momentum=(0, 1))
        if self.momentum == 1:
            raise InputError(f"{flag(self, 'momentum')}: expected a number below 1, or the mean never changes. Received: 1.0.")

    def start(self, weights: dict[str, Any], full_pass: Callable | None) -> dict[str, np.ndarray]:
        return {SHARE: np.zeros((), "float32")} | {path: np.zeros_like(array) for path, array in weights.items()}

    def after_update(
        self, weights: dict[str, Any], updated: dict[str, Any], gradients: dict[str, Any], step: Any
    ) -> dict[str, Any]:
        step.state[SHARE] = self.averaged(step.state[SHARE], 1.0)
        for path, value in updated.items():
            step.state[path] = self.averaged(step.state[path], value)
        return updated

    def averaged(self, mean: Any, value: Any) -> Any:
        return self.momentum * mean + (1 - self.momentum) * value

    def scored_weights(self, weights: dict[str, Any], step: Any) -> dict[str, Any]:
        from keras import ops

        share = step.state[SHARE]
        return {path: ops.where(share > 0, step.state[path] / ops.maximum(share, 1e-30), weights[path]) for path in weights}


STRATEGY = Ema
