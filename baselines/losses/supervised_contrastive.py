"""Rows of one class against all others: supervised contrastive learning. Khosla et al., 2020, arXiv:2004.11362, L_out.

A pair labeled 1 shares a class, a pair labeled 0 has two, so that its texts are negatives of each other.
"""

import dataclasses
from typing import Any

from baselines.losses.in_batch_similarity import HIDDEN, cosines, equal_texts, is_self_or_padding


@dataclasses.dataclass(frozen=True)
class SupervisedContrastive:
    """scale   1 / temperature       mask_equal_texts   hide rows of another class that have the same text"""

    scale: float = 20.0
    mask_equal_texts: bool = True

    def __call__(self, vectors: Any, marks: Any, weights: Any) -> Any:
        """(totals, counts), float32 (B,) each: the mean of -log of the shares of a row's class; 0 and 0 where it is alone.

        vectors   float (B, D)
        marks     "class" int32 (B,); "text" int32 (B,): the same number for equal texts
        weights   float32 (B,), 0 for padding rows
        """
        from keras import ops

        left_out = is_self_or_padding(weights)
        same = (marks["class"][:, None] == marks["class"][None, :]) & ops.logical_not(left_out)
        if self.mask_equal_texts:
            left_out = left_out | (equal_texts(marks) & ops.logical_not(same))
        logs = ops.log_softmax(ops.where(left_out, HIDDEN, self.scale * cosines(vectors)), axis=1)
        count = ops.sum(ops.cast(same, "float32"), axis=1)
        totals = -ops.sum(ops.where(same, logs, 0.0), axis=1) / ops.maximum(count, 1.0)
        return totals, ops.cast(count > 0, "float32")
