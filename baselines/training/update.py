"""From gradients to an update: micro-batches averaged, strategies asked, the norm bounded."""

import contextlib
import dataclasses

import numpy as np
from keras import ops


class Update:
    """An optimizer, and what happens between the gradients and it.

    absorbs     whether the optimizer takes up micro-batches one by one (Tiger): gradients are then never added up here, and
                strategies and clipping see those of one micro-batch
    clip_norm   largest global norm; 0 leaves gradients alone
    clip        hard: gradients times min(1, c/n); soft: times c/(n+c), arXiv:1905.11881 and kexue.fm/archives/7469
    """

    def __init__(self, optimizer, objective, clip_norm=0.0, clip="hard"):
        self.optimizer, self.objective, self.clip_norm, self.clip = optimizer, objective, clip_norm, clip
        self.slots = optimizer.variables if optimizer else []
        self._taking = getattr(getattr(optimizer, "inner_optimizer", optimizer), "taking", None)
        self.absorbs = self._taking is not None

    def prepared(self, gradients, scale, values, state):
        """(gradients for the optimizer, their global norm before clipping, state). `scale`: that of the loss, 1 but with fp16."""
        gradients, state = self.objective.averaged(gradients, values, state)
        norm = global_norm(gradients) / scale
        if self.clip_norm:
            factor = {"hard": ops.minimum(1.0, self.clip_norm / (norm + 1e-12)), "soft": self.clip_norm / (norm + self.clip_norm)}
            # A norm that is not finite bounds nothing, so that one broken gradient stays the only one.
            factor = ops.where(ops.isfinite(norm), factor[self.clip], 1.0)
            gradients = [gradient * ops.cast(factor, gradient.dtype) for gradient in gradients]
        return gradients, norm, state

    def taking(self, part):
        """A context in which the optimizer takes its gradients for a Part of an update."""
        return self._taking(part) if self.absorbs else contextlib.nullcontext()


@dataclasses.dataclass(frozen=True)
class Part:
    """A micro-batch of an update: its share of the update's rows, 1 if it is the first one else 0, and whether it is the last."""

    share: object = 1.0
    first: object = 1.0
    last: bool = True


WHOLE = Part()


def shares(batches):
    """Of each micro-batch in the rows of all, and whether it is the first: float32 arrays ()."""
    rows = np.asarray([np.sum(batch["weights"]) for batch in batches], "float32")
    found = rows / max(rows.sum(), 1e-6)
    return [(np.asarray(share), np.asarray(number == 0, "float32")) for number, share in enumerate(found)]


def mean_logs(logs, shares):
    """The logs of an update from those of its parts. The norm is one of micro-batches: their mean's can only be smaller."""
    return {name: sum(share * part[name] for part, (share, _) in zip(logs, shares, strict=True)) for name in logs[0]}


def global_norm(arrays):
    """Root of the sum of all squares, float32 ()."""
    return ops.sqrt(sum(ops.sum(ops.square(ops.cast(array, "float32"))) for array in arrays))


def weighted_sum(loss, weight, gradients, totals=None):
    """Running sums over micro-batches, so that k batches of b rows teach what one of k*b rows teaches."""
    parts = [loss * weight, weight, *(gradient * ops.cast(weight, gradient.dtype) for gradient in gradients)]
    return parts if totals is None else [total + part for total, part in zip(totals, parts, strict=True)]


def weighted_mean(totals):
    """(loss, gradients) of such sums."""
    loss, weight, *gradients = totals
    weight = ops.maximum(weight, 1e-6)
    return loss / weight, [gradient / ops.cast(weight, gradient.dtype) for gradient in gradients]
