"""Which row of the batch is the partner? A softmax over cosines. SimBERT: kexue.fm/archives/7427; SimCSE: arXiv:2104.08821.

Four rows, the pairs (0, 1) and (2, 3): S = scale * cosines, its diagonal hidden, and row r shall name 1, 0, 3, 2. Whatever else
stands in the batch is a negative, in vain where it says the same in the same words: equal texts are hidden too.
"""

import dataclasses
from typing import Any

HIDDEN = -1e9
"""A logit that has no share in a softmax, and is finite in every sum."""


@dataclasses.dataclass(frozen=True)
class InBatchSimilarity:
    """scale   1 / temperature       mask_equal_texts   hide rows whose text is that of the row or of its partner"""

    scale: float = 30.0
    mask_equal_texts: bool = True

    def __call__(self, vectors, marks, weights):
        """(totals, counts), float32 (B,) each: -log of the partner's share, of the rows that have a partner.

        vectors   float (B, D), of any length
        marks     "partner" int32 (B,): how many rows below its partner stands, 0 if it has none; "text" int32 (B,): the same number
                  for equal texts
        weights   float32 (B,), 0 for rows that only fill up: nobody's negatives
        """
        from keras import ops  # here: tasks import losses, and `--help` must be quick

        scores = self.scale * cosines(vectors)                          # (B, B)
        is_partner = partners(marks)
        hidden = ops.logical_not(is_partner) & (itself_or_filling(weights) | self._equal(marks, is_partner))
        logs = ops.log_softmax(ops.where(hidden, HIDDEN, scores), axis=1)
        totals = -ops.sum(ops.where(is_partner, logs, 0.0), axis=1)
        return totals, ops.cast(marks["partner"] != 0, "float32")

    def _equal(self, marks, is_partner):
        if not self.mask_equal_texts:
            return False
        return equal_texts(marks) | equal_to_partner(marks, is_partner)


def unit(vectors: Any) -> Any:
    """float (B, D) -> float32 (B, D) of length 1; a vector of zeros stays one."""
    from keras import ops

    vectors = ops.cast(vectors, "float32")
    return vectors * ops.rsqrt(ops.maximum(ops.sum(ops.square(vectors), axis=-1, keepdims=True), 1e-24))


def cosines(vectors: Any) -> Any:
    """float32 (B, B) of float (B, D)."""
    from keras import ops

    vectors = unit(vectors)
    return ops.matmul(vectors, ops.transpose(vectors))


def partners(marks: Any) -> Any:
    """bool (B, B): is column c the partner of row r?"""
    from keras import ops

    partner = marks["partner"]
    places = ops.arange(ops.shape(partner)[0], dtype="int32")
    return (partner != 0)[:, None] & ((places + partner)[:, None] == places[None, :])


def itself_or_filling(weights: Any) -> Any:
    """bool (B, B): is column c the row itself, or a row that only fills up?"""
    from keras import ops

    places = ops.arange(ops.shape(weights)[0], dtype="int32")
    return (places[:, None] == places[None, :]) | (weights == 0)[None, :]


def equal_texts(marks: Any) -> Any:
    """bool (B, B): do row and column have equal texts?"""
    return marks["text"][:, None] == marks["text"][None, :]


def equal_to_partner(marks: Any, is_partner: Any) -> Any:
    """bool (B, B): does the column have the text of the row's partner?"""
    from keras import ops

    text = ops.sum(ops.where(is_partner, marks["text"][None, :], 0), axis=1)
    return ops.any(is_partner, axis=1)[:, None] & (text[:, None] == marks["text"][None, :])
