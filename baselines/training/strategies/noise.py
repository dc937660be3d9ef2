"""Noise on the embeddings: the plain baseline of adversarial training. Su Jianlin, 2020, kexue.fm/archives/7466.

No further pass. Noise of variance s^2 adds about s^2 / 2 times the loss's Laplacian. Fresh in every pass, on the table: equal
tokens of a batch get equal noise.
"""

import dataclasses

from baselines.settings import ranges
from baselines.training.strategies.perturbation import TOKENS, moved, require_table
from baselines.training.strategies.strategy import Strategy


@dataclasses.dataclass(frozen=True)
class Noise(Strategy):
    """The loss at table + N(0, stddev^2)."""

    stddev: float = 0.01
    """Standard deviation of each entry's noise; BERT's tables begin with one of 0.02."""
    table: str = TOKENS
    """Path of the table."""

    def __post_init__(self):
        ranges(self, "noise", stddev=(0, None))

    def start(self, weights, survey):
        require_table(weights, self.table, "noise")
        return {}

    def loss(self, compute_loss, weights, step):
        return compute_loss(moved(weights, self.table, self.stddev * step.normal(weights[self.table].shape)))


STRATEGY = Noise
