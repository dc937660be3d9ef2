"""A loss of a whole batch: a weighted sum of means, instead of one number per row."""

import abc
from typing import Any


class BatchLoss(abc.ABC):
    """A task's `loss` that compares the rows of a batch, or averages several parts over different counts."""

    @abc.abstractmethod
    def terms(self, targets: Any, outputs: Any, weights: Any) -> list[tuple]:
        """Computes the parts of the loss.

        Args:
            targets: {name: array (B, …)}.
            outputs: {name: float array (B, …)} of the model.
            weights: float32 (B,), 0 for padding rows.

        Returns:
            [(weight, totals, counts)], float32 (B,) each: the loss is the sum of weight * sum(totals) / sum(counts).
        """
