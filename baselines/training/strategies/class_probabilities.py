"""What strategies on unlabeled text share: probabilities of classes as targets, and how far training is."""

from typing import Any


def target_probabilities(weights: dict[str, Any], features: dict, step: Any) -> Any:
    """Class probabilities of the model as it is, without dropout and without a gradient: float32 (B, C)."""
    from keras import ops

    return ops.stop_gradient(ops.softmax(ops.cast(step.predict(weights, features)["logits"], "float32"), axis=-1))


def at_least(probabilities: Any, threshold: float) -> Any:
    """1 for rows whose most likely class has this probability or more, else 0: float32 (B,)."""
    from keras import ops

    return ops.cast(ops.max(probabilities, axis=-1) >= threshold, "float32")


def progress(step: Any) -> Any:
    """The share of training that is over, from 0 to 1: float32 ()."""
    unlabelled = step.batch["unlabelled"]
    return step.row_mean(unlabelled["progress"], unlabelled["weights"])


def ramp(done: Any, length: float) -> Any:
    """A factor that grows from 0 to 1 during the first `length`, a share of training; 1 throughout for 0."""
    from keras import ops

    return ops.minimum(done / length, 1.0) if length else ops.ones_like(done)
