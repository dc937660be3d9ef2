"""Cross-entropy under a distribution with which every search ends. Welleck et al., 2020, arXiv:2002.02492.

`decoding/self_terminating.py` has the formula, and decodes with it. Where a row holds several texts, the product restarts
after each end.
"""

import dataclasses
import math
from typing import Any

from baselines.errors import InputError

HIDDEN = -1e9


@dataclasses.dataclass(frozen=True)
class SelfTerminating:
    """(targets, outputs) -> (totals, counts), float32 (B,) each: targets int32 (B, L), -1 where there is nothing to learn.

    end_id    token that ends a text; its logit, outputs["logits"][..., end_id], says whether to go on
    epsilon   in (0, 1): the end is at least this likely at each step
    """

    end_id: int
    epsilon: float = 0.01

    def __post_init__(self):
        if not 0 < self.epsilon < 1:
            raise InputError(f"epsilon is {self.epsilon}. Give a number between 0 and 1, both excluded.")

    def __call__(self, targets: Any, outputs: Any) -> Any:
        from keras import ops

        logits = ops.cast(outputs["logits"], "float32")
        real, is_end = targets >= 0, targets == self.end_id
        largest = math.log1p(-self.epsilon)
        keep = largest + ops.log_sigmoid(logits[..., self.end_id])
        log_alpha = self._since_the_text_began(ops.where(real, keep, 0.0), is_end)
        log_end = ops.log(-ops.expm1(ops.minimum(log_alpha, largest)))  # it is 0 before a text, where log has no gradient
        others = ops.where(ops.arange(logits.shape[-1]) == self.end_id, HIDDEN, logits)
        chosen = ops.take_along_axis(others, ops.expand_dims(ops.maximum(targets, 0), -1), axis=-1)
        log_other = log_alpha + ops.squeeze(chosen, -1) - ops.logsumexp(others, axis=-1)
        losses = -ops.where(is_end, log_end, log_other)
        return ops.sum(ops.where(real, losses, 0.0), axis=-1), ops.sum(ops.cast(real, "float32"), axis=-1)

    @staticmethod
    def _since_the_text_began(values, is_end):
        """Sums of `values` (B, L) up to each position, restarted after each end."""
        from keras import ops

        ends = ops.cast(is_end, "int32")
        text = ops.cumsum(ends, axis=-1) - ends                         # (B, L), texts that ended before
        positions = ops.arange(ops.shape(values)[-1])                     # an open length, on TensorFlow's graph
        same = (text[:, :, None] == text[:, None, :]) & (positions[None, :] <= positions[:, None])
        return ops.sum(ops.where(same, values[:, None, :], 0.0), axis=-1)
