"""Cross-entropy of one class per row: -log softmax(logits)[target]."""

import dataclasses
from typing import Any, ClassVar


def cross_entropy(targets: Any, outputs: Any) -> Any:
    """targets int32 (B,) in [0, C), outputs["logits"] float (B, C); returns float32 (B,), in nats."""
    from keras import ops  # here: tasks import losses, and `--help` must be quick

    logits = ops.cast(outputs["logits"], "float32")
    chosen = ops.take_along_axis(logits, ops.expand_dims(targets, -1), axis=-1)
    return ops.logsumexp(logits, axis=-1) - ops.squeeze(chosen, -1)


@dataclasses.dataclass(frozen=True)
class CrossEntropy:
    """The formula above, by name."""

    needs_table: ClassVar[bool] = False

    def __call__(self, targets: Any, logits: Any) -> Any:
        return cross_entropy(targets, {"logits": logits})


LOSS = CrossEntropy
