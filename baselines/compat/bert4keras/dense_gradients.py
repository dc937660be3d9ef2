"""Gradients of embedding tables as plain tensors: on TensorFlow they come as rows, of which repeated ones are not summed."""

from collections.abc import Sequence
from typing import Any

from baselines.training.optimizers.rules.decoupled import dense


class DenseGradients:
    """Mixin of Keras optimizers."""

    def apply(self, grads: Sequence, trainable_variables: Sequence | None = None) -> Any:
        """One update. Gradients of rows become tensors first."""
        return super().apply([None if each is None else dense(each) for each in grads], trainable_variables)
