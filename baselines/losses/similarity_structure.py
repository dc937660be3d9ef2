"""How far two sets of vectors differ in the cosines within each: RoFormer-Sim's distillation, kexue.fm/archives/8454."""

from typing import Any


def similarity_structure(vectors: Any, others: Any, weights: Any) -> Any:
    """Mean over all pairs (i, j) of (cos(u_i, u_j) - cos(v_i, v_j))²: float32 ().

    The same for any rotation of either set. The two need not have one size.

    Args:
        vectors: float (B, D), u.
        others: float (B, E), v.
        weights: float (B,), 1 for real rows and 0 for padding.
    """
    from keras import ops  # here: strategies import losses, and `--help` must be quick

    from baselines.losses.in_batch_similarity import unit

    weights = ops.cast(weights, "float32")
    cosines = [ops.matmul(units, ops.transpose(units)) for units in (unit(ops.cast(each, "float32")) for each in (vectors, others))]
    pairs = ops.expand_dims(weights, 0) * ops.expand_dims(weights, 1)
    return ops.sum(pairs * ops.square(cosines[0] - cosines[1])) / ops.maximum(ops.sum(pairs), 1e-6)
