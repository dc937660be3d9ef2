"""Learning rate by update: a warm-up, then a decay or a constant; or points with lines between them."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from baselines.task import Recipe
from baselines.training import schedule_points

KINDS = ("linear", "cosine", "constant")


def build_schedule(recipe: Recipe, total_updates: int) -> Any:
    """The recipe's schedule for a run of `total_updates`."""
    if ":" in recipe.schedule:
        return PiecewiseLinear(recipe.learning_rate, schedule_points.parse(recipe.schedule))
    return WarmupSchedule(recipe.learning_rate, round(recipe.warmup * total_updates), total_updates, recipe.schedule)


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """rate(t) of update t = 0, 1, …: float32 scalar. SETTINGS are the names of its arguments."""

    SETTINGS = ()

    def at(self, step: Any) -> float:
        """The rate of an update as a Python float."""
        return float(ops.convert_to_numpy(self(step)))

    def get_config(self) -> dict:
        return {name: getattr(self, name) for name in self.SETTINGS}


@keras.saving.register_keras_serializable(package="baselines")
class WarmupSchedule(Schedule):
    """peak * (t + 1) / warmup_steps at first, then by `kind`. Devlin et al., 2018, arXiv:1810.04805; cosine: arXiv:1608.03983.

    With "linear" and "cosine" the last update, t = total_steps - 1, still moves.
    """

    SETTINGS = ("peak", "warmup_steps", "total_steps", "kind")

    def __init__(self, peak: float, warmup_steps: int, total_steps: int, kind: str = "linear"):
        if kind not in KINDS:
            raise ValueError(f"WarmupSchedule: unknown kind={kind!r}. Choose one of {', '.join(KINDS)}.")
        self.peak, self.warmup_steps, self.total_steps, self.kind = peak, warmup_steps, total_steps, kind

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        rate = (step + 1) / max(self.warmup_steps, 1)
        left = ops.clip((self.total_steps - step) / max(self.total_steps - self.warmup_steps, 1), 0.0, 1.0)
        after = {"linear": left, "cosine": 0.5 - 0.5 * ops.cos(math.pi * left), "constant": ops.ones_like(left)}
        return self.peak * ops.where(step < self.warmup_steps, rate, after[self.kind])


@keras.saving.register_keras_serializable(package="baselines")
class PiecewiseLinear(Schedule):
    """peak * factor(t), linear between points ((update, factor), …), the last factor after the last of them."""

    SETTINGS = ("peak", "points")

    def __init__(self, peak: float, points: Sequence[tuple[int, float]]):
        self.peak, self.points = peak, tuple((int(step), float(factor)) for step, factor in points)

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        factor = ops.ones_like(step) * self.points[0][1]
        for (start, low), (end, high) in zip(self.points, self.points[1:], strict=False):
            share = ops.clip((step - start) / (end - start), 0.0, 1.0)
            factor = ops.where(step >= start, low + (high - low) * share, factor)
        return self.peak * factor


@keras.saving.register_keras_serializable(package="baselines")
class RelativeStep(Schedule):
    """factor * min(1 / sqrt(t + 1), 0.01): AdaFactor's own rate. Shazeer and Stern, 2018, arXiv:1804.04235, section 8."""

    SETTINGS = ("factor",)

    def __init__(self, factor: float = 1.0):
        self.factor = factor

    def __call__(self, step: Any) -> Any:
        return self.factor * ops.minimum(ops.rsqrt(ops.cast(step, "float32") + 1), 0.01)
