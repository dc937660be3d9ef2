"""Any number of labels per row: a dense layer whose positive logits are predicted, without a threshold to tune.

Loss: losses/multilabel_cross_entropy.py; Su et al., 2022, arXiv:2208.02955.
"""

import numpy as np

from baselines.heads.classification import ClassificationHead
from baselines.losses.multilabel_cross_entropy import sparse_multilabel_cross_entropy

FEWEST_PLACES = 4
"""Places for labels of a row in a batch; more come in powers of two, so that few shapes compile."""


class MultilabelClassificationHead(ClassificationHead):
    """Attaches the layers of ClassificationHead, and reads its logits one by one. A target is the class ids of a row, int (n,)."""

    def loss(self, targets, outputs):
        """targets int32 (B, P), class ids filled up with -1; returns float32 (B,)."""
        return sparse_multilabel_cross_entropy(outputs["logits"], targets)

    def batch_targets(self, targets, length):
        """Class ids of each row as int32 (B, P), filled up with -1; P is a power of two."""
        return filled([np.unique(ids) for ids in targets])

    def confidence(self, example, outputs):
        """Probability that all labels are right, if each logit is the log odds of its class."""
        logits = outputs["logits"][0].astype(np.float64)
        return float(np.exp(-np.logaddexp(0, -np.abs(logits)).sum()))


def filled(rows):
    """Lists of ids as int32 (B, P), filled up with -1; P is a power of two."""
    most = max(map(len, rows))
    result = np.full((len(rows), max(FEWEST_PLACES, 1 << max(most - 1, 0).bit_length())), -1, np.int32)
    for row, ids in zip(result, rows, strict=True):
        row[: len(ids)] = ids
    return result


def decode_labels(labels):
    """The `decode` stage: (example, outputs) -> the names of the classes with a positive logit, in index order."""

    def decode(example, outputs):
        return [labels.name(index) for index in np.flatnonzero(outputs["logits"][0] > 0)]

    return decode
