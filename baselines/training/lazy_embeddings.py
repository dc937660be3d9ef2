"""Lazy embeddings, `--lazy_embeddings`: update only rows of tokens in the batch. Su Jianlin, 2019, kexue.fm/archives/6869.

Moments keep fading meanwhile, as in the article; the older lazy Adam rests them too. Tables that also compute an output softmax get
a gradient in every row: nothing changes for them.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from baselines.task import Recipe
from baselines.training.strategies.strategy import Strategy


@dataclasses.dataclass(frozen=True)
class LazyEmbeddings(Strategy):
    """Rows whose gradient is all 0 keep their values, regardless of momentum and weight decay. tables   their paths"""

    tables: tuple[str, ...]

    def after_update(
        self, weights: dict[str, Any], updated: dict[str, Any], gradients: dict[str, Any], step: Any
    ) -> dict[str, Any]:
        from keras import ops

        def new_rows(path):
            present = ops.any(ops.not_equal(gradients[path], 0), axis=-1, keepdims=True)
            return ops.where(present, updated[path], weights[path])

        return updated | {path: new_rows(path) for path in self.tables}


def build_lazy_embeddings(recipe: Recipe, paths: Sequence[str]) -> list:
    """[LazyEmbeddings] of the embedding tables among the paths, or []."""
    return [LazyEmbeddings(tuple(path for path in paths if path.endswith("/embeddings")))] if recipe.lazy_embeddings else []
