"""The hooks that a strategy may override. Every method's default does nothing: override one and state your paper.

A strategy is a frozen dataclass whose fields are flags: `epsilon` of fgm.py is `--fgm.epsilon`. Strategies wrap each other in the
order of `--strategies`, the first one outermost. All but `start` is traced once and compiled, on every backend: use `keras.ops`,
keep no tensors on `self`, import Keras inside functions (`--help` must be quick).
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np


class Strategy:
    """A training trick. weights, updated and gradients are {variable path: array}; losses are scalars; outputs the model's dict.

    `step` is a StepContext (training/strategy_context.py): state between updates, random numbers, further passes.

    Attributes:
        needs: what a run must have: "unlabelled" text, changed "copies" of it, a head's "divergence", or "classes", of which a head
            gives each row one, by "logits" (B, C).
        takes: what it uses where a run has it.
        copies: float32 numbers that it keeps per weight of the model; usually none.
        passes: forward passes whose activations it holds at a time; usually one.
        searches: whether it tries moves of the weights by the task's metric around each update, see update_search.py.
        follows_weights: whether it keeps other weights that follow the trained ones in `after_update`.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    takes: ClassVar[tuple[str, ...]] = ()
    copies: ClassVar[float] = 0
    passes: ClassVar[int] = 1
    searches: ClassVar[bool] = False
    follows_weights: ClassVar[bool] = False

    def start(self, weights: dict[str, Any], full_pass: Callable | None) -> dict[str, np.ndarray]:
        """The initial state, which is kept between updates.

        Args:
            weights: {path: NumPy array} that training starts from.
            full_pass: (each_row=False) -> yields {path: gradient of the mean loss} of every training batch, or of every row,
                without dropout. None in a resumed run, whose state is restored: only names, shapes and dtypes count there.

        Returns:
            {name: NumPy array}.
        """
        return {}

    def loss(self, compute_loss: Callable, weights: dict[str, Any], step: Any) -> tuple:
        """compute_loss(weights) -> (loss, outputs): a forward pass with fresh dropout. Returns the same kind of pair."""
        return compute_loss(weights)

    def gradients(self, loss_and_gradients: Callable, weights: dict[str, Any], step: Any) -> tuple:
        """loss_and_gradients(weights) -> (loss, {path: gradient}), once per micro-batch. Returns the same kind of pair."""
        return loss_and_gradients(weights)

    def before_update(self, gradients: dict[str, Any], weights: dict[str, Any], step: Any) -> dict[str, Any]:
        """The gradients of an update, averaged over its micro-batches and not yet clipped; with fp16 still scaled."""
        return gradients

    def after_update(
        self, weights: dict[str, Any], updated: dict[str, Any], gradients: dict[str, Any], step: Any
    ) -> dict[str, Any]:
        """The weights before and after the optimizer moved them, and the gradients it had; returns the weights to keep."""
        return updated

    def scored_weights(self, weights: dict[str, Any], step: Any) -> dict[str, Any]:
        """The weights to score and to store instead of those that are trained."""
        return weights
