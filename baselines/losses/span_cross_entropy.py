"""Cross-entropy of one span per row: over all spans together, or over its first and its last token apart."""

from typing import Any

from baselines.losses.cross_entropy import cross_entropy


def span_cross_entropy(targets: Any, outputs: Any) -> Any:
    """-log softmax over all L x L spans of the target's; returns float32 (B,), in nats.

    targets int32 (B, 2), inclusive (first, last) tokens; outputs["scores"] float (B, L, L).
    """
    from keras import ops  # here: tasks import losses, and `--help` must be quick

    scores = outputs["scores"]
    length = ops.shape(scores)[-1]
    logits = ops.reshape(scores, (-1, length * length))
    return cross_entropy(targets[:, 0] * length + targets[:, 1], {"logits": logits})


def pointer_cross_entropy(targets: Any, outputs: Any) -> Any:
    """Mean of the cross-entropies of the first and of the last token; returns float32 (B,), in nats.

    targets int32 (B, 2), inclusive; outputs["start_logits"] and ["end_logits"] float (B, L).
    """
    start = cross_entropy(targets[:, 0], {"logits": outputs["start_logits"]})
    return (start + cross_entropy(targets[:, 1], {"logits": outputs["end_logits"]})) / 2
