"""BERT's loss: masked language model plus next sentence prediction."""

from typing import Any

from baselines.losses.batch_loss import BatchLoss
from baselines.losses.cross_entropy import cross_entropy
from baselines.losses.token_mean import TokenMean

TOKENS, NEXT = "tokens", "next"
"""Targets: masked tokens int32 (B, P), -1 for padding; 0 for a row whose second text is the next one, else 1, (B,)."""


class MaskedAndNext(BatchLoss):
    """(targets, outputs "logits" (B, P, V) and "next" (B, 2)); as a call, what rows are scored by: masked tokens alone."""

    tokens = TokenMean()

    def __call__(self, targets: Any, outputs: Any) -> Any:
        return self.tokens(targets[TOKENS], outputs)

    def terms(self, targets: Any, outputs: Any, weights: Any) -> list[tuple]:
        from keras import ops

        following = cross_entropy(targets[NEXT], {"logits": outputs[NEXT]})
        return [(1.0, *self(targets, outputs)), (1.0, following, ops.ones_like(following))]
