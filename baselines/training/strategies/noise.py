"""Noise on the embeddings: the plain baseline of adversarial training. Su Jianlin, 2020, kexue.fm/archives/7466.

No further pass. Noise of variance s^2 adds about s^2 / 2 times the loss's Laplacian. Fresh in every pass, on the table: equal
tokens of a batch get equal noise.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import ranges
from baselines.training.strategies.perturbation import OnTable, perturb


@dataclasses.dataclass(frozen=True)
class Noise(OnTable):
    """The loss at table + N(0, stddev^2)."""

    stddev: float = 0.01
    """Standard deviation of each entry's noise; BERT's tables begin with one of 0.02."""

    def __post_init__(self):
        ranges(self, stddev=(0, None))

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        return compute_loss(perturb(weights, self.table, self.stddev * step.normal(weights[self.table].shape)))


STRATEGY = Noise
