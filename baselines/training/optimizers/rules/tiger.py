"""Tiger as a Keras optimizer: signs of one moment, relative rates, accumulation in the moment itself. kexue.fm/archives/9512.

    m <- beta m + (1 - beta) g
    weight <- weight - rate * size * (sign(m) + decay weight)

    weights named bias, beta or gamma, and single numbers   size 0.5, no decay
    weights named embeddings                                size rms of each row
    others                                                  size rms of the weight

A weight whose gradient is not finite keeps m and shrinks: weight <- (weight - c) shrink + c, c = 1 for gamma, else 0. The reference
tests for NaN only: an infinite gradient would stay in its m for good. Matrices of zeros never move, as in the reference.
"""

import contextlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.training.optimizers.optimizer import WHOLE
from baselines.training.optimizers.rules.decoupled import Decoupled, path_contains, rms


@keras.saving.register_keras_serializable(package="baselines")
class Tiger(Decoupled):
    """`with optimizer.taking(part): optimizer.apply(gradients)` takes up a part of an update: only the last one moves weights.

    With the shares s_i of its micro-batches, m ends as beta m + (1 - beta) sum(s_i g_i): that of their mean gradient, without
    storing gradients. `iterations`, which schedules read, counts whole updates.
    """

    SETTINGS = ("beta", "shrink")

    def __init__(
        self, learning_rate: Any = 1e-3, beta: float = 0.965, shrink: float = 0.99, weight_decay: float = 0.01, **options: Any
    ):
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.beta, self.shrink, self._part = beta, shrink, WHOLE

    def add_slots(self, variables: Sequence) -> None:
        self.means = self.slots(variables, "mean")
        self.sizes = [size_of(variable) for variable in variables]
        self.centers = [float(path_contains(variable, ["gamma"])) for variable in variables]

    @contextlib.contextmanager
    def taking(self, part: Any) -> Any:
        self._part = part
        try:
            yield
        finally:
            self._part = WHOLE

    def apply(self, grads: Sequence, trainable_variables: Sequence | None = None) -> None:
        super().apply(grads, trainable_variables)
        if not self._part.last:
            self._iterations.assign_sub(1)

    def new_weight(self, index: int, weight: Any, gradient: Any, rate: Any) -> Any:
        part, slot, size = self._part, self.means[index], self.sizes[index]
        finite = ops.all(ops.isfinite(gradient))
        kept = 1 - part.first * (1 - self.beta)                         # beta once per update
        before = ops.convert_to_tensor(slot)
        mean = ops.where(finite, kept * before + (1 - self.beta) * part.share * gradient, before)
        self.assign(slot, mean)
        moved = weight
        if part.last:
            decay = 0.0 if size is half else self.decays[index]
            moved = weight - rate * size(weight) * (ops.sign(mean) + decay * weight)
        center = self.centers[index]
        return ops.where(finite, moved, (weight - center) * self.shrink + center)


def half(weight: Any) -> Any:
    return 0.5


def row_rms(weight: Any) -> Any:
    return rms(weight, axis=-1)


def size_of(variable: Any) -> Any:
    """weight -> the length that its steps are relative to."""
    if path_contains(variable, ("bias", "beta", "gamma")) or np.prod(variable.shape) == 1:
        return half
    return row_rms if path_contains(variable, ["embeddings"]) else rms
