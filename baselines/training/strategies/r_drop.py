"""R-Drop: consistent answers under two dropout masks. Wu et al., 2021, arXiv:2106.14448; kexue.fm/archives/8496.

Two forward passes per micro-batch. Without dropout in the checkpoint's configuration it does nothing; published runs use 0.3.
The loss is half the paper's, so that its data part is that of a plain run.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import ranges
from baselines.training.strategies.strategy import Strategy


@dataclasses.dataclass(frozen=True)
class RDrop(Strategy):
    """(loss1 + loss2) / 2 + alpha / 4 times the mean over rows of KL(1 || 2) + KL(2 || 1).

    Where the run has `--unlabelled` text, the two divergences of a batch of it are added, without a factor.
    """

    alpha: float = 4.0
    """Weight of the divergence."""

    needs = ("divergence",)
    takes = ("unlabelled",)
    passes = 2

    def __post_init__(self):
        ranges(self, alpha=(0, None))

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        first, outputs = compute_loss(weights)
        second, others = compute_loss(weights)
        loss = (first + second) / 2 + self.alpha / 4 * both_ways(outputs, others, step.batch, step)
        if "unlabelled" in step.batch:
            unlabelled = step.batch["unlabelled"]
            pair = [step.predict(weights, unlabelled["features"], training=True) for _ in range(2)]
            loss += both_ways(*pair, unlabelled, step)
        return loss, outputs


def both_ways(outputs: Any, others: Any, batch: dict, step: Any) -> Any:
    """Mean over the real rows of KL(outputs || others) + KL(others || outputs)."""
    features = batch["features"]
    values = step.divergence(outputs, others, features) + step.divergence(others, outputs, features)
    return step.row_mean(values, batch["weights"])


STRATEGY = RDrop
