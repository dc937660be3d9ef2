"""Cosines of all pairs of a batch: 1 for rows of one class, 0 for others. The pair loss of SetFit, arXiv:2209.11055, section 3.1.

The paper draws pairs; here every pair of a batch counts, and pairs of one class weigh as much together as all others.
"""

import dataclasses
from typing import Any

from baselines.losses.batch_loss import BatchLoss
from baselines.losses.contrastive import EMBEDDING
from baselines.losses.in_batch_similarity import cosines, is_self_or_padding


@dataclasses.dataclass(frozen=True)
class CosinePairs(BatchLoss):
    """Mean squared difference of the cosines of two rows from 1 or 0."""

    def terms(self, targets: Any, outputs: Any, weights: Any) -> list[tuple]:
        """[(1, totals, counts) of pairs of one class, the same of other pairs]; targets int32 (B,), outputs["embedding"] (B, D)."""
        from keras import ops

        scores, real = cosines(outputs[EMBEDDING]), ops.logical_not(is_self_or_padding(weights))
        same = targets[:, None] == targets[None, :]
        result = []
        for wanted, pairs in ((1.0, real & same), (0.0, real & ops.logical_not(same))):
            pairs = ops.cast(pairs, "float32")
            result.append((1.0, ops.sum(pairs * ops.square(scores - wanted), axis=1), ops.sum(pairs, axis=1)))
        return result
