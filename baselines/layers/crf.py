"""Linear-chain conditional random field: the likelihood of whole label sequences. Lafferty et al., 2001, ICML."""

from typing import Any

import keras
from keras import ops

from baselines.layers.label_chain import LabelChain, log_partition, log_partition_of_many

MANY_LABELS = 32
"""With more, the sum over paths goes token by token, see benchmarks/crf_labels.py; fewer are reduced in pairs, quick on a GPU."""


def partition(logits: Any, transitions: Any, mask: Any) -> Any:
    """log of the sum over all label paths, float32 (B,)."""
    if logits.shape[-1] > MANY_LABELS:
        return log_partition_of_many(logits, transitions, mask)
    return log_partition(logits[:, 0], logits[:, 1:, None, :] + transitions, mask)


def log_likelihood(labels: Any, logits: Any, transitions: Any, mask: Any) -> Any:
    """log P(labels) of each row, float32 (B,).

    labels       int32 (B, L), of any value on padding
    logits       float32 (B, L, C)
    transitions  float32 (C, C), [a, b] scores label b after label a
    mask         bool (B, L), 1 = real; the first token is real
    """
    chosen = ops.one_hot(labels, logits.shape[-1]) * ops.cast(mask, "float32")[:, :, None]      # (B, L, C)
    tokens = ops.sum(chosen * logits, axis=(1, 2))
    pairs = ops.einsum("bti,ij,btj->b", chosen[:, :-1], transitions, chosen[:, 1:])
    return tokens + pairs - partition(logits, transitions, mask)


@keras.saving.register_keras_serializable(package="baselines")
class ConditionalRandomField(LabelChain):
    """A LabelChain trained by `log_likelihood`: a label scores its logit plus the transition from the one before."""

    def chain(self, logits: Any, transitions: Any, mask: Any) -> tuple:
        # The variable comes second: Keras on TensorFlow takes (C, C) + (1, 1, C) for a bias, and forgets the batch of one row.
        return logits[:, 0], logits[:, 1:], lambda logit: logit[:, None, :] + transitions
