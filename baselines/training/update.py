"""From gradients to an update: micro-batches averaged, strategies asked, the norm bounded."""

from keras import ops


class Update:
    """An optimizer, and what happens between the gradients and it.

    clip_norm   largest global norm; 0 leaves gradients alone
    clip        hard: gradients times min(1, c/n); soft: times c/(n+c), arXiv:1905.11881 and kexue.fm/archives/7469
    """

    def __init__(self, optimizer, objective, clip_norm=0.0, clip="hard"):
        self.optimizer, self.objective, self.clip_norm, self.clip = optimizer, objective, clip_norm, clip
        self.slots = optimizer.variables if optimizer else []

    def prepared(self, gradients, scale, values, state):
        """(gradients for the optimizer, their global norm before clipping, state). `scale`: that of the loss, 1 but with fp16."""
        gradients, state = self.objective.averaged(gradients, values, state)
        norm = global_norm(gradients) / scale
        if self.clip_norm:
            factor = {"hard": ops.minimum(1.0, self.clip_norm / (norm + 1e-12)), "soft": self.clip_norm / (norm + self.clip_norm)}
            gradients = [gradient * ops.cast(factor[self.clip], gradient.dtype) for gradient in gradients]
        return gradients, norm, state


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
