"""Linear-chain conditional random field: the likelihood of whole label sequences. Lafferty et al., 2001, ICML."""

from typing import Any

import keras
from keras import ops

from baselines.layers.label_chain import LabelChain, log_partition


def chain(logits: Any, transitions: Any) -> tuple:
    """(initial, steps) of a label chain: the first token's logits; transition plus logit of every further one."""
    return logits[:, 0], transitions + logits[:, 1:, None, :]


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
    return tokens + pairs - log_partition(*chain(logits, transitions), mask)


@keras.saving.register_keras_serializable(package="baselines")
class ConditionalRandomField(LabelChain):
    """A LabelChain trained by `log_likelihood`: a label scores its logit plus the transition from the one before."""

    def chain(self, logits: Any, transitions: Any, mask: Any) -> tuple:
        return chain(logits, transitions)
