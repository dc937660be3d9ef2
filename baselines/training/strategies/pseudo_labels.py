"""Pseudo-labels: learn the model's own confident predictions on unlabeled texts. Lee, 2013, ICML workshop on representations.

Needs `--unlabelled FILE`. The label is predicted without dropout and learned under dropout, by the weights of the same update. Lee
labels every row; here, as in FixMatch (arXiv:2001.07685), only rows above a threshold count, and the mean is over all rows. Lee's
factor grows with the number of the update, ours with the share of training that is over.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.plugins.settings import ranges
from baselines.training.strategies.class_probabilities import at_least, progress, ramp, target_probabilities
from baselines.training.strategies.strategy import Strategy


@dataclasses.dataclass(frozen=True)
class PseudoLabels(Strategy):
    """loss + factor times the mean over unlabeled rows of -log p(most likely class), 0 for rows below the threshold."""

    threshold: float = 0.95
    """Rows count whose most likely class has this probability or more."""
    weight: float = 1.0
    """Factor at the end of the ramp-up."""
    ramp_up: float = 0.4
    """Share of training during which the factor grows linearly from 0; 0: none."""

    needs = ("classes", "unlabelled")
    passes = 2

    def __post_init__(self):
        ranges(self, threshold=(0, 1), weight=(0, None), ramp_up=(0, 1))

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        from keras import ops

        loss, outputs = compute_loss(weights)
        unlabelled = step.batch["unlabelled"]
        probabilities = target_probabilities(weights, unlabelled["features"], step)
        logits = ops.cast(step.predict(weights, unlabelled["features"], training=True)["logits"], "float32")
        labels = ops.argmax(probabilities, axis=-1)
        values = -ops.take_along_axis(ops.log_softmax(logits, axis=-1), ops.expand_dims(labels, -1), axis=-1)[:, 0]
        learned = step.row_mean(values * at_least(probabilities, self.threshold), unlabelled["weights"])
        return loss + self.weight * ramp(progress(step), self.ramp_up) * learned, outputs


STRATEGY = PseudoLabels
