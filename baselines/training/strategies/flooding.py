"""Flooding: the training loss stays above a level b. Ishida et al., 2020, arXiv:2002.08709.

|loss - b| + b of a micro-batch's mean, so the result depends on the micro-batch size. Without the penalties that layers add;
strategies that add something to the loss (gradient_penalty, r_drop) stand before flooding in `--strategies`. b above the first
loss makes training climb from the start.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import ranges
from baselines.training.strategies.strategy import Strategy


@dataclasses.dataclass(frozen=True)
class Flooding(Strategy):
    """Descent above b, ascent below."""

    b: float = 0.0
    """The level, in units of the loss: to be tuned; 0 is off."""

    def __post_init__(self):
        ranges(self, b=(0, None))

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        from keras import ops

        loss, outputs = compute_loss(weights)
        data = loss - step.penalty
        return ops.abs(data - self.b) + self.b + step.penalty, outputs


STRATEGY = Flooding
