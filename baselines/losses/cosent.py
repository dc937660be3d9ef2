"""CoSENT: pairs that are more similar get larger cosines. Su Jianlin, kexue.fm/archives/8847.

log(1 + sum of exp(scale * (cos_j - cos_i)) over all pairs of pairs of a batch whose scores are score_i > score_j)
"""

import dataclasses
from typing import Any

from baselines.losses.in_batch_similarity import HIDDEN, partners, unit


@dataclasses.dataclass(frozen=True)
class CoSENT:
    """scale   1 / temperature; published 20"""

    scale: float = 20.0

    def __call__(self, vectors: Any, marks: Any, weights: Any) -> Any:
        """(totals, counts), float32 (B,) each: every row has the one loss of the batch, 0 where no two scores differ.

        vectors   float (B, D)
        marks     "partner" int32 (B,), above 0 for the first row of each pair; "score" float32 (B,): how alike the pair is
        weights   float32 (B,), 0 for padding rows
        """
        from keras import ops

        vectors = unit(vectors)
        alike = ops.sum(vectors * ops.matmul(ops.cast(partners(marks), "float32"), vectors), axis=1)
        alike, score = self.scale * alike, marks["score"]
        first = (marks["partner"] > 0) & (weights > 0)
        ordered = first[:, None] & first[None, :] & (score[:, None] > score[None, :])
        differences = ops.where(ordered, alike[None, :] - alike[:, None], HIDDEN)
        loss = ops.logsumexp(ops.concatenate([ops.zeros((1,)), ops.reshape(differences, (-1,))]))
        return loss * ops.ones_like(alike), ops.ones_like(alike)
