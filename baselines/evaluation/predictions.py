"""Predictions by example id: the rows (windows) of an example's outputs, gathered and decoded."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from baselines.task import Example


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a task model predicts for a split.

    Attributes:
        by_id: {example id: prediction}, in the order of the examples.
        losses: float64 (N,), one per example; None without gold.
        confidences: {example id: probability of the prediction}; None for heads that give none.
    """

    by_id: Mapping[Any, Any]
    losses: np.ndarray | None = None
    confidences: Mapping[Any, float] | None = None

    def of(self, examples: Sequence[Example]) -> list:
        """The predictions of these examples, in their order."""
        return [self.by_id[example.id] for example in examples]


def gather(examples: Sequence[Example], owners: Any, outputs: Mapping[str, Any], decode: Callable[[Example, dict], Any]) -> dict:
    """{example.id: prediction}, in the order of the examples.

    Args:
        examples: Each owns at least one row.
        owners: int (N,), the position of the example that each row of the outputs belongs to.
        outputs: {name: array (N, …), or list of N where rows differ in shape}; an example gets its part, in the same form.
        decode: The task's (example, outputs of its rows) -> prediction.

    Raises:
        ValueError: If an example has no row, or a row no example.
    """
    owners = np.asarray(owners)
    order = np.argsort(owners, kind="stable")
    bounds = np.searchsorted(owners[order], np.arange(len(examples) + 1))
    if np.any(bounds[1:] == bounds[:-1]) or len(order) != bounds[-1] or bounds[0] != 0:
        raise ValueError(
            f"gather: the row owners {owners} do not match {len(examples)} examples. "
            "Give every example at least one row."
        )
    predictions = {}
    for example, start, end in zip(examples, bounds[:-1], bounds[1:], strict=True):
        rows = order[start:end]
        predictions[example.id] = decode(example, {name: take(values, rows) for name, values in outputs.items()})
    return predictions


def take(values: Any, rows: np.ndarray) -> Any:
    """The given rows of an array or of a list, in the same form."""
    return values[rows] if isinstance(values, np.ndarray) else [values[row] for row in rows]


def gather_losses(owners: np.ndarray, losses: np.ndarray, count: int) -> np.ndarray:
    """Mean loss of the rows of each of `count` examples: float64 (count,)."""
    return np.bincount(owners, weights=losses, minlength=count) / np.maximum(np.bincount(owners, minlength=count), 1)
