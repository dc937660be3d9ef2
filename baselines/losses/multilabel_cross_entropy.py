"""Cross-entropy of several classes at once, without a threshold to tune: positive scores are predicted. Su et al., 2022.

log(1 + sum over negatives of e^s) + log(1 + sum over positives of e^-s): every positive is to be above 0, every negative
below; arXiv:2208.02955. Scores of -1e9 (impossible classes) enter no sum. Worked: scores (2, -1, .5, -3), targets
(1, 0, 0, 1): log(1 + e^-1 + e^.5) + log(1 + e^-2 + e^3) = 4.159116.
"""

NOT = -1e9


def multilabel_cross_entropy(scores, targets):
    """scores float (..., C), targets int or bool (..., C) of 0 and 1; returns float32 (...)."""
    from keras import ops

    scores, positive = ops.cast(scores, "float32"), ops.cast(targets, "bool")
    return _softplus_of_sum(ops.where(positive, NOT, scores)) + _softplus_of_sum(ops.where(positive, -scores, NOT))


def sparse_multilabel_cross_entropy(scores, positives):
    """The same from the numbers of the positive classes: positives int32 (..., P) in [0, C), filled up with -1.

    Exact: positives are struck out of the scores. (bert4keras subtracts their sum from that of all, which loses what the
    negatives say as soon as positives score 16 or more.)
    """
    from keras import ops

    scores = ops.cast(scores, "float32")
    classes, most = scores.shape[-1], positives.shape[-1]
    flat, numbers = ops.reshape(scores, (-1, classes)), ops.reshape(positives, (-1, most))
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
