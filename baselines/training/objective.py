"""What an update minimises: the loss of a batch as a pure function of the weights, with the strategies around it.

Weights travel as {variable path: array} through `keras.StatelessScope`, so a strategy is one text for TensorFlow, JAX and torch.
Non-trainable state (dropout seeds) is threaded through every forward pass and saved with the weights: a resumed run draws what
an uninterrupted one would have drawn.
"""

import functools

import keras
from keras import ops

from baselines.training.strategies.strategy import Strategy


def row_losses(loss, batch, outputs):
    """(totals, counts), both float32 (B,), of a task's loss: a mean over tokens has counts other than 1."""
    result = loss(batch["targets"], outputs)
    totals, counts = result if isinstance(result, tuple) else (result, ops.ones_like(result))
    return ops.cast(totals, "float32"), ops.cast(counts, "float32")


def mean_loss(loss, batch, outputs):
    """Mean over the real rows (or their tokens) of a batch, and how many of them there are: two float32 scalars."""
    totals, counts = row_losses(loss, batch, outputs)
    weights = ops.cast(batch["weights"], "float32")
    weight = ops.sum(counts * weights)
    return ops.sum(totals * weights) / ops.maximum(weight, 1e-6), weight


class Objective:
    """A model, a task's loss and strategies.

    gradients(values, state, batch, scale)  -> loss, its weight, [gradients of scale(loss)], [new state]
    keep(values, updated)                   -> the weights that the strategies keep after an update
    predict(features), evaluate(batch)      -> outputs; (outputs, row totals, row counts); dropout off
    value_and_gradients: the backend's primitive, see steps.py.
    """

    def __init__(self, model, loss, strategies, value_and_gradients):
        self.model, self.loss, self.strategies = model, loss, tuple(strategies)
        self.value_and_gradients = value_and_gradients
        self.paths = [variable.path for variable in model.trainable_variables]
        self.keeps = any(type(strategy).after_update is not Strategy.after_update for strategy in self.strategies)

    def gradients(self, values, state, batch, scale):
        passes = _Passes(self, state, batch, scale)
        compute_loss = passes.compute_loss
        for strategy in reversed(self.strategies):
            compute_loss = functools.partial(strategy.loss, compute_loss)
        differentiate = functools.partial(passes.loss_and_gradients, compute_loss)
        for strategy in reversed(self.strategies):
            differentiate = functools.partial(strategy.gradients, differentiate)
        loss, gradients = differentiate(self.named(values))
        return loss, passes.weight, [gradients[path] for path in self.paths], passes.state

    def keep(self, values, updated):
        weights, updated = self.named(values), self.named(updated)
        for strategy in reversed(self.strategies):
            updated = strategy.after_update(weights, updated)
        return [updated[path] for path in self.paths]

    def inputs(self, features):
        """The features that the model reads: `encode` may add others, for decoding."""
        return {name: features[name] for name in self.model.input}

    def predict(self, features):
        return self.model(self.inputs(features), training=False)

    def evaluate(self, batch):
        outputs = self.predict(batch["features"])
        return outputs, *row_losses(self.loss, batch, outputs)

    def named(self, values):
        return dict(zip(self.paths, values, strict=True))


class _Passes:
    """The forward and backward passes of one update. Holds the state that each pass hands to the next."""

    def __init__(self, objective, state, batch, scale):
        self.objective, self.state, self.batch, self.scale = objective, state, batch, scale
        self.weight = None

    def compute_loss(self, weights):
        """weights {path: array} -> (loss, outputs), in training mode."""
        model = self.objective.model
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        values = [*(weights[path] for path in self.objective.paths), *self.state]
        with keras.StatelessScope(list(zip(variables, values, strict=True)), collect_losses=True) as scope:
            outputs = model(self.objective.inputs(self.batch["features"]), training=True)
            loss, self.weight = mean_loss(self.objective.loss, self.batch, outputs)
            for penalty in scope.losses:
                loss = loss + ops.cast(penalty, "float32")
        self.state = [scope.get_current_value(variable) for variable in model.non_trainable_variables]
        return loss, outputs

    def loss_and_gradients(self, compute_loss, weights):
        """The primitive of all strategies: weights {path: array} -> (loss, {path: gradient of the scaled loss})."""
        before = self.state

        def pure(values):
            self.state = before
            loss, _ = compute_loss(dict(zip(weights, values, strict=True)))
            return self.scale(loss), (loss, self.weight, self.state)

        differentiate = self.objective.value_and_gradients
        (_, (loss, self.weight, self.state)), gradients = differentiate(pure, list(weights.values()))
        return loss, dict(zip(weights, gradients, strict=True))
