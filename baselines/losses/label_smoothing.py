"""Cross-entropy against (1 - epsilon) of the target and epsilon spread over all classes. Szegedy et al., 2016, arXiv:1512.00567.

Worked: p = (.7, .2, .1), target 0, epsilon .1: .463297, smallest at p = (.9333, .0333, .0333). Padding choices, logit -1e9,
get no share.
"""

import dataclasses
from typing import Any, ClassVar

from baselines.losses.cross_entropy import cross_entropy
from baselines.plugins.settings import ranges

HIDDEN = -1e8
"""Logits below it belong to padding choices."""


@dataclasses.dataclass(frozen=True)
class LabelSmoothing:
    """(1 - epsilon) CE + epsilon (logsumexp - mean logit): no one-hot vectors, so that a vocabulary may be large."""

    needs_table: ClassVar[bool] = False

    epsilon: float = 0.1
    """Share of the target that all classes divide equally."""

    def __post_init__(self):
        ranges(self, epsilon=(0, 1))

    def __call__(self, targets: Any, logits: Any) -> Any:
        from keras import ops

        logits = ops.cast(logits, "float32")
        real = logits > HIDDEN
        count = ops.sum(ops.cast(real, "float32"), axis=-1)
        mean = ops.sum(ops.where(real, logits, 0.0), axis=-1) / count
        uniform = ops.logsumexp(logits, axis=-1) - mean
        return (1 - self.epsilon) * cross_entropy(targets, {"logits": logits}) + self.epsilon * uniform


LOSS = LabelSmoothing
