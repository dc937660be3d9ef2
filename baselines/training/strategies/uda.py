"""UDA: the same prediction for an unlabeled text and a changed copy of it. Xie et al., 2020, arXiv:1904.12848.

Needs `--unlabelled FILE`. Copies are paraphrases of `--augmented FILE`, which `run.py augment` writes, or else the texts with
some tokens replaced by tokens of other texts (the paper keeps those with a high TF-IDF; here every token may go). The target is
predicted without dropout, sharpened, and has no gradient. The mean is over all rows, confident or not.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

from baselines.errors import InputError, nearest
from baselines.plugins.settings import flag, positive, ranges
from baselines.training.strategies.class_probabilities import at_least, progress, target_probabilities
from baselines.training.strategies.strategy import Strategy

ANNEALINGS = ("none", "linear", "log", "exp")
STEEPNESS = 5.0
"""The paper's, of "log" and "exp"."""


@dataclasses.dataclass(frozen=True)
class Uda(Strategy):
    """loss + weight times the mean over unlabeled rows of KL(sharpened p(text) || p(copy)), 0 for rows below the threshold."""

    weight: float = 1.0
    """Factor of the divergence."""
    temperature: float = 0.4
    """The logits of the target are divided by it: below 1 sharpens."""
    threshold: float = 0.8
    """Rows count whose most likely class has this probability or more, before sharpening."""
    replaced: float = 0.1
    """Without --augmented: share of a copy's tokens that are replaced by tokens of other texts."""
    annealing: str = "none"
    """Training signal annealing: labeled rows count only while p(gold) is at most a bound that grows from 1/classes to 1, in one of
    the ways linear, log (fast first), exp (slow first)."""

    needs = ("classes", "unlabelled", "copies")
    passes = 3

    def __post_init__(self):
        ranges(self, weight=(0, None), threshold=(0, 1), replaced=(0, 1))
        positive(self, "temperature")
        if self.annealing not in ANNEALINGS:
            advice = nearest(self.annealing, ANNEALINGS)
            raise InputError(f"{flag(self, 'annealing')}: there is no schedule {self.annealing!r}. {advice}")

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        from keras import ops

        loss, outputs = compute_loss(weights)
        if self.annealing != "none":
            loss = self._annealed(loss, outputs, step)
        unlabelled = step.batch["unlabelled"]
        probabilities = target_probabilities(weights, unlabelled["features"], step)
        logs = ops.log(ops.maximum(probabilities, 1e-30)) / self.temperature
        target = ops.softmax(logs, axis=-1)
        copies = ops.cast(step.predict(weights, unlabelled["copies"], training=True)["logits"], "float32")
        apart = ops.sum(target * (ops.log_softmax(logs, axis=-1) - ops.log_softmax(copies, axis=-1)), axis=-1)
        return loss + self.weight * step.row_mean(apart * at_least(probabilities, self.threshold), unlabelled["weights"]), outputs

    def _annealed(self, loss, outputs, step):
        """The loss without the labeled rows that the model is sure enough of."""
        from keras import ops

        batch, logits = step.batch, ops.cast(outputs["logits"], "float32")
        gold = ops.take_along_axis(ops.softmax(logits, axis=-1), ops.expand_dims(batch["targets"], -1), axis=-1)[:, 0]
        bound = annealing_bound(self.annealing, progress(step), ops.cast(ops.shape(logits)[-1], "float32"))
        kept = ops.stop_gradient(ops.cast(gold <= bound, "float32")) * ops.cast(batch["weights"], "float32")
        return loss - step.mean_loss(outputs, batch["weights"]) + step.mean_loss(outputs, kept)


def annealing_bound(schedule: str, done: Any, classes: Any) -> Any:
    """The bound of p(gold), from about 1 / classes to 1, after the share `done` of training: float32 ()."""
    from keras import ops

    grown = {
        "linear": done,
        "log": 1 - ops.exp(-STEEPNESS * done),
        "exp": ops.exp(STEEPNESS * (done - 1)),
    }[schedule]
    return grown * (1 - 1 / classes) + 1 / classes


STRATEGY = Uda
