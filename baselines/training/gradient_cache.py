"""Gradient cache: compare the rows of several micro-batches in the memory of one. Gao et al., 2021, arXiv:2101.06983.

A first pass over the micro-batches of an update keeps nothing but the vector of each row. The loss that compares them, of all
rows, is differentiated by these vectors; a second pass, with the random numbers of the first, takes each micro-batch's share of
that gradient on to the weights. The result is that of one large batch, for a third forward pass in addition to two.
"""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from baselines.errors import InputError
from baselines.losses.contrastive import ContrastiveLoss
from baselines.task import Recipe
from baselines.training import devices, strategies
from baselines.training.strategies.strategy import Strategy
from baselines.training.strategy_context import ForwardBackward

CACHE = "cache"
"""The part of a micro-batch that holds its share of the whole."""


class GradientCache:
    """The passes before the usual ones. objective   an Objective whose training loss compares rows, see losses/contrastive.py"""

    def __init__(self, objective: Any):
        self.objective, self.loss = objective, objective.training_loss

    def look(self, values: Sequence, state: Sequence, batch: dict) -> tuple:
        """(cache of a micro-batch, new state): vectors float32 (b, D), marks, weights, and how much its own loss counts."""
        passes, weights = ForwardBackward(self.objective, state, batch), ops.cast(batch["weights"], "float32")
        outputs, _ = passes.forward(self.objective.named(values), batch["features"], training=True)
        targets, count = batch["targets"], ops.zeros(())
        if self.loss.own:
            count = ops.sum(self.loss.own_loss(targets, outputs)[1] * weights)
        cached = {"vectors": outputs[self.loss.output_name], "marks": self.loss.marks(targets), "weights": weights, "count": count}
        return cached, passes.state

    def compare(self, looks: Sequence[dict]) -> list[dict]:
        """[CACHE of each micro-batch] from the cached parts of all.

        "gradient" float32 (b, D), of the loss that compares by the micro-batch's vectors; "value" (), that loss; "count" (), by
        which own losses are divided; "share" (), of the micro-batch in all real rows.
        """
        sizes = [look["vectors"].shape[0] for look in looks]
        weights = ops.concatenate([look["weights"] for look in looks])
        marks = {name: ops.concatenate([look["marks"][name] for look in looks]) for name in looks[0]["marks"]}

        def compared(values):
            totals, counts = self.loss.compare(values[0], marks, weights)
            value = self.loss.weight * ops.sum(totals * weights) / ops.maximum(ops.sum(counts * weights), 1e-6)
            return value, value

        vectors = ops.concatenate([look["vectors"] for look in looks])
        (_, value), (gradient,) = self.objective.value_and_gradients(compared, [vectors])
        count, rows, start, caches = sum(look["count"] for look in looks), ops.sum(weights), 0, []
        for size, look in zip(sizes, looks, strict=True):
            share = ops.maximum(ops.sum(look["weights"]) / ops.maximum(rows, 1e-6), 1e-6)       # some are padding
            part = gradient[start : start + size]
            caches.append({"gradient": part, "value": value, "count": count, "share": share})
            start += size
        return caches


def mean_loss(loss: Any, batch: dict, outputs: dict, weights: Any) -> Any:
    """The loss of a micro-batch with a CACHE: its mean over micro-batches, by their real rows, is the loss of them all."""
    cache = batch[CACHE]
    followed = ops.sum(outputs[loss.output_name] * ops.stop_gradient(cache["gradient"]))
    value = cache["value"] + (followed - ops.stop_gradient(followed)) / cache["share"]
    if loss.own:
        totals, _ = loss.own_loss(batch["targets"], outputs)
        value = value + loss.own_weight * ops.sum(totals * weights) / ops.maximum(cache["count"], 1e-6) / cache["share"]
    return value


def with_cache(batches: Sequence[dict], look: Callable, compare: Callable, state: Sequence) -> list[dict]:
    """The micro-batches of an update, each with its CACHE. look, compare: as in GradientCache, compiled."""
    looks = []
    for batch in batches:
        cached, state = look(state, batch)
        looks.append(cached)
    return [{**batch, CACHE: cache} for batch, cache in zip(batches, compare(looks), strict=True)]


def check_gradient_cache(recipe: Recipe, loss: Any) -> None:
    """Raises InputError for a run that cannot have, or has no use for, --gradient_cache."""
    if not recipe.gradient_cache:
        return
    if not isinstance(loss, ContrastiveLoss):
        raise InputError(
            "--gradient_cache: the loss of this task does not compare the rows of a batch. Use --accumulate alone."
        )
    if recipe.accumulate < 2:
        raise InputError(f"--gradient_cache: an update has only {recipe.accumulate} micro-batch. Set --accumulate to 2 or more.")
    if devices.shares() > 1:
        raise InputError(f"--gradient_cache: supported on one device only, not on {devices.shares()}. Set --devices one.")
    for name in recipe.strategies:
        strategy = strategies.strategy_class(name)
        if strategy.loss is not Strategy.loss or strategy.gradients is not Strategy.gradients:
            raise InputError(
                f"--gradient_cache: --strategies {name} changes the loss or the gradients of a micro-batch. "
                "Leave it out, or choose a strategy that does not, such as ema."
            )
