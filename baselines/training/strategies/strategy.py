"""The joints that a strategy may take hold of. Every method's default does nothing: override one and state your paper.

Strategies wrap each other in the order of `--strategies`, the first one outermost. Everything here is traced once and compiled,
on every backend: use `keras.ops`, keep no tensors on `self`.
"""


class Strategy:
    """weights are {variable path: array} throughout; losses are scalars; outputs are the model's dict."""

    def loss(self, compute_loss, weights):
        """compute_loss(weights) -> (loss, outputs): a forward pass with fresh dropout. Returns the same kind of pair."""
        return compute_loss(weights)

    def gradients(self, loss_and_gradients, weights):
        """loss_and_gradients(weights) -> (loss, {path: gradient}). Returns the same kind of pair."""
        return loss_and_gradients(weights)

    def after_update(self, weights, updated):
        """The weights before and after the optimizer moved them; returns {path: array} of the weights to keep."""
        return updated
