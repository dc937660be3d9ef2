"""Cross-entropy of several classes at once, without a threshold to tune: positive scores are predicted. Su et al., 2022.

log(1 + sum over negatives of e^s) + log(1 + sum over positives of e^-s): every positive is to be above 0, every negative
below; arXiv:2208.02955. Scores of -1e9 (impossible classes) enter no sum. Worked: scores (2, -1, .5, -3), targets
(1, 0, 0, 1): log(1 + e^-1 + e^.5) + log(1 + e^-2 + e^3) = 4.159116.

A soft target t is a weight t in the sum of positives and 1 - t in that of negatives (kexue.fm/archives/9064): a score s of one
class alone is best at log(t / (1 - t)) / 2. Worked: scores (2, -1), targets (.9, .2): log(1 + .1 e^2 + .8 e^-1)
+ log(1 + .9 e^-2 + .2 e^1) = 1.219716.
"""

from typing import Any

NOT = -1e9


def multilabel_cross_entropy(scores: Any, targets: Any) -> Any:
    """The loss of each row of classes.

    Args:
        scores: float (..., C).
        targets: int or bool (..., C), 0 or 1; or float (..., C) from 0 to 1.

    Returns:
        float32 (...), in nats.
    """
    import keras
    from keras import ops

    scores, targets = ops.cast(scores, "float32"), ops.convert_to_tensor(targets)
    if not keras.backend.is_float_dtype(targets.dtype):
        positive = ops.cast(targets, "bool")
        return _softplus_of_sum(ops.where(positive, NOT, scores)) + _softplus_of_sum(ops.where(positive, -scores, NOT))
    targets = ops.cast(targets, "float32")
    is_negative = ops.less(targets, 1.0)
    is_positive = ops.logical_and(ops.greater(targets, 0.0), scores > NOT / 10)        # impossible classes have no target
    negatives = scores + ops.log(ops.where(is_negative, 1 - targets, 1.0))
    positives = ops.log(ops.where(is_positive, targets, 1.0)) - scores
    return _softplus_of_sum(ops.where(is_negative, negatives, NOT)) + _softplus_of_sum(ops.where(is_positive, positives, NOT))


def sparse_multilabel_cross_entropy(scores: Any, positives: Any) -> Any:
    """The same from the numbers of the positive classes.

    Args:
        scores: float (..., C).
        positives: int32 (..., P) in [0, C), padded with -1.

    Returns:
        float32 (...), in nats.

    Exact: positives are struck out of the scores. (bert4keras subtracts their sum from that of all, which loses what the
    negatives say as soon as positives score 16 or more.)
    """
    from keras import ops

    scores = ops.cast(scores, "float32")
    classes, max_positives = ops.shape(scores)[-1], ops.shape(positives)[-1]
    flat, numbers = ops.reshape(scores, (-1, classes)), ops.reshape(positives, (-1, max_positives))
    real = numbers >= 0
    chosen = ops.take_along_axis(flat, ops.maximum(numbers, 0), axis=1)
    flat = ops.concatenate([flat, ops.full_like(flat[:, :1], NOT)], axis=1)     # what -1 strikes out
    rows = ops.broadcast_to(ops.arange(ops.shape(flat)[0], dtype="int32")[:, None], ops.shape(numbers))
    cells = ops.stack([rows, ops.where(real, numbers, classes)], axis=-1)
    struck = ops.scatter_update(flat, ops.reshape(cells, (-1, 2)), ops.full_like(ops.reshape(chosen, (-1,)), NOT))
    loss = _softplus_of_sum(struck) + _softplus_of_sum(ops.where(real, -chosen, NOT))
    return ops.reshape(loss, ops.shape(scores)[:-1])


def _softplus_of_sum(scores):
    """log(1 + sum of e^s) over the last axis."""
    from keras import ops

    return ops.softplus(ops.logsumexp(scores, axis=-1))
