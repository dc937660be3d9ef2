"""Losses of a reranker: scores of the candidates of a query should be in the order of their grades.

pointwise  sigmoid cross-entropy of each candidate with its grade, scaled to [0, 1]
pairwise   log(1 + exp(s_j - s_i)) over candidates with grade_i > grade_j: RankNet, Burges et al., 2005, doi:10.1145/1102351.1102363
listwise   cross-entropy of softmax(s) with gains 2^grade - 1 that sum to 1: ListNet, Cao et al., 2007, doi:10.1145/1273496.1273513
"""

import dataclasses
from collections.abc import Callable
from typing import Any

PADDING = -1.0
"""The target of a candidate that is padding; grades are at least 0."""


def pointwise(grades: Any, scores: Any, real: Any) -> Any:
    from keras import ops

    scores = ops.where(real, scores, 0.0)
    # max(s, 0) - s g + log(1 + exp(-|s|)) is the same as -g log σ(s) - (1 - g) log(1 - σ(s)), and never overflows
    each = ops.maximum(scores, 0.0) - scores * grades + ops.log1p(ops.exp(-ops.abs(scores)))
    return _mean(each, real)


def pairwise(grades: Any, scores: Any, real: Any) -> Any:
    from keras import ops

    scores = ops.where(real, scores, 0.0)
    ordered = (grades[:, :, None] > grades[:, None, :]) & real[:, :, None] & real[:, None, :]
    each = ops.softplus(scores[:, None, :] - scores[:, :, None])
    pairs = (ops.shape(grades)[0], -1)
    return _mean(ops.reshape(each, pairs), ops.reshape(ordered, pairs))


def listwise(grades: Any, scores: Any, real: Any) -> Any:
    from keras import ops

    gains = ops.where(real, ops.power(2.0, grades) - 1, 0.0)
    shares = gains / ops.maximum(ops.sum(gains, axis=1, keepdims=True), 1e-9)
    likelihoods = ops.log_softmax(scores, axis=1)
    return -ops.sum(ops.where(real, shares * likelihoods, 0.0), axis=1)


OBJECTIVES: dict[str, Callable] = {"pointwise": pointwise, "pairwise": pairwise, "listwise": listwise}


@dataclasses.dataclass(frozen=True)
class RankingLoss:
    """The loss of each query: float32 (B,). A query whose candidates are all alike has 0, except pointwise.

    objective   pointwise, pairwise or listwise
    high        the highest grade, which pointwise scales to 1
    """

    objective: str = "listwise"
    high: float = 1.0

    def __call__(self, targets: Any, outputs: dict) -> Any:
        """targets float (B, N): grades, or PADDING; outputs["logits"] float (B, N)."""
        from keras import ops

        grades, scores = ops.cast(targets, "float32"), ops.cast(outputs["logits"], "float32")
        real = grades > PADDING / 2
        grades = ops.where(real, grades / self.high if self.objective == "pointwise" else grades, 0.0)
        return OBJECTIVES[self.objective](grades, scores, real)


def _mean(each, counted):
    """The mean of the items that count in each row, 0 where none does."""
    from keras import ops

    counted = ops.cast(counted, "float32")
    return ops.sum(each * counted, axis=1) / ops.maximum(ops.sum(counted, axis=1), 1.0)
