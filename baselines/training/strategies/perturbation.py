"""Base class and helpers of strategies that perturb an embedding table."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from baselines.errors import InputError, nearest
from baselines.plugins.settings import flag
from baselines.training.strategies.strategy import Strategy

TOKENS = "Embedding-Token/embeddings"
"""The token table: equal tokens get equal perturbations, and rows of tokens outside the batch have gradient 0."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OnTable(Strategy):
    """A strategy whose setting `table` is checked when training starts."""

    table: str = TOKENS
    """Path of the embedding table."""

    def start(self, weights: dict[str, Any], full_pass: Callable | None) -> dict[str, np.ndarray]:
        if self.table not in weights:
            tables = [path for path in weights if path.endswith("embeddings")]
            known = ", ".join(tables or sorted(weights)[:8])
            advice = nearest(self.table, weights)
            raise InputError(
                f"{flag(self, 'table')}: no trained weight has the path {self.table!r}. Paths of tables: {known}. {advice}"
            )
        return {}


def norm(array: Any) -> Any:
    """Root of the sum of all squares, float32 ()."""
    from keras import ops

    return ops.sqrt(ops.sum(ops.square(ops.cast(array, "float32"))))


def scale_to_norm(array: Any, length: float) -> Any:
    """`array` scaled to the norm `length`; zeros where its norm is 0 or, with fp16, an overflow."""
    from keras import ops

    size = norm(array)
    usable = ops.isfinite(size)
    return ops.where(usable, array * (length / (ops.where(usable, size, 1.0) + 1e-8)), ops.zeros_like(array))


def perturb(weights: dict[str, Any], table: str, step: Any) -> dict[str, Any]:
    """The weights with `step` added to one of them."""
    return weights | {table: weights[table] + step}
