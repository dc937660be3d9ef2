"""In-batch negatives: each row predicts its partner by a softmax over cosines.

SimBERT: kexue.fm/archives/7427; SimCSE: arXiv:2104.08821.

Four rows, the pairs (0, 1) and (2, 3): S = scale * cosines, its diagonal hidden, and the rows predict 1, 0, 3, 2. All other rows
are negatives, except equal texts, which are hidden too.
"""

import dataclasses
from typing import Any

HIDDEN = -1e9
"""A logit that counts nothing in a softmax and stays finite in sums."""


@dataclasses.dataclass(frozen=True)
class InBatchSimilarity:
    """scale   1 / temperature       mask_equal_texts   hide rows whose text is that of the row or of its partner"""

    scale: float = 30.0
    mask_equal_texts: bool = True

    def __call__(self, vectors: Any, marks: Any, weights: Any) -> Any:
        """(totals, counts), float32 (B,) each: -log of the partner's share, of the rows that have a partner.

        vectors   float (B, D), of any length
        marks     "partner" int32 (B,): offset of its partner in rows, 0 without a partner; "text" int32 (B,): the same number
                  for equal texts
        weights   float32 (B,), 0 for padding rows, which are no negatives
        """
        from keras import ops  # here: tasks import losses, and `--help` must be quick

        scores = self.scale * cosines(vectors)                          # (B, B)
        is_partner = partners(marks)
        hidden = ops.logical_not(is_partner) & (is_self_or_padding(weights) | self._equal(marks, is_partner))
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
    rows = ops.arange(ops.shape(partner)[0], dtype="int32")
    return (partner != 0)[:, None] & ((rows + partner)[:, None] == rows[None, :])


def is_self_or_padding(weights: Any) -> Any:
    """bool (B, B): is column c the row itself, or a padding row?"""
    from keras import ops

    rows = ops.arange(ops.shape(weights)[0], dtype="int32")
    return (rows[:, None] == rows[None, :]) | (weights == 0)[None, :]


def equal_texts(marks: Any) -> Any:
    """bool (B, B): do row and column have equal texts?"""
    return marks["text"][:, None] == marks["text"][None, :]


def equal_to_partner(marks: Any, is_partner: Any) -> Any:
    """bool (B, B): does the column have the text of the row's partner?"""
    from keras import ops

    text = ops.sum(ops.where(is_partner, marks["text"][None, :], 0), axis=1)
    return ops.any(is_partner, axis=1)[:, None] & (text[:, None] == marks["text"][None, :])
