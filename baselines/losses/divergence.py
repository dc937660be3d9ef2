"""How far one answer is from another, as Kullback-Leibler divergence of the distributions that logits stand for, in nats."""

from typing import Any


def softmax_divergence(logits: Any, others: Any) -> Any:
    """KL(softmax(logits) || softmax(others)) over the last axis: float (..., C) twice -> float32 (...)."""
    from keras import ops  # here: heads import losses, and `--help` must be quick

    logs, other_logs = (ops.log_softmax(ops.cast(each, "float32"), axis=-1) for each in (logits, others))
    return ops.sum(ops.exp(logs) * (logs - other_logs), axis=-1)


def sigmoid_divergence(logits: Any, others: Any) -> Any:
    """KL of independent yes-or-no answers, summed over the last axis: float (..., C) twice -> float32 (...).

    Impossible classes (-1e9 in both) add nothing.
    """
    from keras import ops

    logits, others = (ops.cast(each, "float32") for each in (logits, others))
    yes = ops.sigmoid(logits) * (ops.log_sigmoid(logits) - ops.log_sigmoid(others))
    no = ops.sigmoid(-logits) * (ops.log_sigmoid(-logits) - ops.log_sigmoid(-others))
    return ops.sum(yes + no, axis=-1)


def normal_divergence(values: Any, others: Any) -> Any:
    """KL of normal distributions around values, of variance 1/2, as squared_error assumes: (...) -> float32 (...)."""
    from keras import ops

    return ops.square(ops.cast(values, "float32") - ops.cast(others, "float32"))
