"""Child-Tuning D: only the weights with the largest Fisher information learn. Xu et al., 2021, arXiv:2109.05687.

Before training, one pass over the training rows without dropout (the authors leave it on) estimates each entry's Fisher
information, the mean square of its gradient; then the mask stays, also in a resumed run. As the authors do, without 1/p and in
the encoder's blocks alone; one threshold for all of them together. Unlike theirs, masks come before clipping, exactly the share p
stays where entries tie, and weight decay still moves masked entries.
"""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.plugins.settings import flag, positive, ranges
from baselines.training.strategies.strategy import Strategy

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class ChildTuningD(Strategy):
    """g M, where M is 1 for the share p of the blocks' entries that has the largest Fisher information."""

    p: float = 0.3
    """Share of entries that learn."""
    batch_fisher: bool = False
    """Square the gradients of batches instead of rows: many times quicker, as the authors do, but another quantity."""
    layers: str = "Transformer-"
    """Weights whose path contains this are masked; all others learn."""

    copies = 0.25                                                       # masks are bytes

    def __post_init__(self):
        positive(self, "p")
        ranges(self, p=(0, 1))

    def start(self, weights: dict[str, Any], full_pass: Callable | None) -> dict[str, np.ndarray]:
        chosen = {path: array for path, array in weights.items() if self.layers in path}
        if not chosen:
            names = ", ".join(sorted({path.partition("/")[0] for path in weights})[:8])
            raise InputError(
                f"{flag(self, 'layers')}: no weight has {self.layers!r} in its path. Choose the beginning of a path: {names}."
            )
        if full_pass is None:
            return {path: np.zeros(array.shape, "uint8") for path, array in chosen.items()}
        log.info("child_tuning_d: one pass over the training rows for the Fisher information")
        return largest(fisher(full_pass(each_row=not self.batch_fisher), chosen), self.p)

    def before_update(self, gradients: dict[str, Any], weights: dict[str, Any], step: Any) -> dict[str, Any]:
        from keras import ops

        return {
            path: gradient * ops.cast(step.state[path], gradient.dtype) if path in step.state else gradient
            for path, gradient in gradients.items()
        }


def fisher(gradients: dict[str, Any], paths: Sequence[str]) -> dict[str, np.ndarray]:
    """{path: NumPy array}, the mean of squares over what `full_pass` yields. Raises InputError without rows."""
    from keras import ops

    totals, count = dict.fromkeys(paths, 0.0), 0
    for gradient in gradients:
        totals = {path: total + ops.square(gradient[path]) for path, total in totals.items()}
        count += 1
    if not count:
        raise InputError("child_tuning_d: there are no training rows to estimate the Fisher information from. Add some.")
    return {path: ops.convert_to_numpy(total) / count for path, total in totals.items()}


def largest(arrays: Any, share: float) -> dict[str, np.ndarray]:
    """{path: uint8 array} with 1 for the `share` of largest entries over all arrays; ties go to the first."""
    values = np.concatenate([array.ravel() for array in arrays.values()])
    keep = max(1, round(share * values.size))
    threshold = np.partition(values, values.size - keep)[values.size - keep]
    mask = (values > threshold).astype("uint8")
    ties = np.flatnonzero(values == threshold)
    mask[ties[: keep - int(mask.sum(dtype=np.int64))]] = 1
    ends = np.cumsum([array.size for array in arrays.values()])
    parts = np.split(mask, ends[:-1])
    return {path: part.reshape(array.shape) for (path, array), part in zip(arrays.items(), parts, strict=True)}


STRATEGY = ChildTuningD
