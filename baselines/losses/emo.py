"""Earth mover's distance to the target token: a wrong token costs less, the nearer its embedding is. arXiv:2310.04691.

sum over i of p_i (1 - cos(e_i, e_t)), with embeddings as they were before training. It is at most 2, too weak a signal from random
weights: training minimizes half of CE + w EMO, w = min(CE / EMO, 3) without gradient, as in the authors' code (DRSY/EMO).
Worked: e = (1, 0), (.8, .6), (0, 1), target 0, p = (.5, .3, .2): .26; p = (.5, .1, .4): .42, where CE is equal.
"""

import dataclasses
from typing import Any, ClassVar

from baselines.losses.cross_entropy import cross_entropy
from baselines.plugins.settings import ranges


def earth_mover(targets: Any, logits: Any, table: Any) -> Any:
    """targets int32 (...) in [0, V), logits float (..., V), table float (V, D); returns float32 (...), from 0 to 2.

    Costs V * D per token, not V * V. Rows of 0 (such as [PAD]'s) have cosine 0 with all.
    """
    from keras import ops

    table = ops.cast(ops.convert_to_tensor(table), "float32")
    unit = table / (ops.sqrt(ops.sum(ops.square(table), axis=-1, keepdims=True)) + 1e-12)
    expected = ops.matmul(ops.softmax(ops.cast(logits, "float32"), axis=-1), unit)      # (..., D)
    return 1 - ops.sum(expected * ops.take(unit, targets, axis=0), axis=-1)


@dataclasses.dataclass(frozen=True)
class Emo:
    """To fine-tune a language model whose token embeddings are good already."""

    needs_table: ClassVar[bool] = True

    limit: float = 3.0
    """Largest weight of the distance, where cross-entropy is far above it."""

    def __post_init__(self):
        ranges(self, limit=(0, None))

    def __call__(self, targets: Any, logits: Any, table: Any) -> Any:
        from keras import ops

        loss, distance = cross_entropy(targets, {"logits": logits}), earth_mover(targets, logits, table)
        weight = ops.minimum(ops.stop_gradient(loss / (ops.maximum(distance, 0.0) + 1e-10)), self.limit)
        return (loss + weight * distance) / 2


LOSS = Emo
