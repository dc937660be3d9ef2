"""What an update minimises: the loss of a batch as a pure function of the weights, with the strategies around it.

Weights travel as {variable path: array} through `keras.StatelessScope`, so a strategy is one text for TensorFlow, JAX and torch.
All other state (dropout seeds, what strategies remember) is threaded through every pass and saved with the weights: a resumed
run draws what an uninterrupted one would have drawn.
"""

import functools

import keras
import numpy as np
from keras import ops

from baselines.training import backends, gradient_cache
from baselines.training.gradient_cache import GradientCache
from baselines.training.recompute import Recompute
from baselines.training.strategies.strategy import Strategy
from baselines.training.strategy_context import ForwardBackward
from baselines.training.strategy_state import StrategyState


def row_losses(loss, batch, outputs):
    """(totals, counts), both float32 (B,), of a task's loss: a mean over tokens has counts other than 1."""
    result = loss(batch["targets"], outputs)
    totals, counts = result if isinstance(result, tuple) else (result, ops.ones_like(result))
    return ops.cast(totals, "float32"), ops.cast(counts, "float32")


def rows_of(batch, rows):
    """A batch of some rows of another one, by a slice or their numbers."""
    return keras.tree.map_structure(lambda array: array[rows], batch)


class Objective:
    """A model, the loss of a row, the one that training minimises (by default the same), and strategies.

    weights, state                          the Keras variables that training moves, and those that it threads through
    gradients(values, state, batch, scale)  -> loss, its weight, [gradients of scale(loss)], [new state]
    averaged(gradients, values, state)      -> [gradients that the strategies leave of an update's], [new state]
    kept(values, updated, gradients, state) -> [weights that the strategies keep after an update], [new state]
    scored(values, state)                   -> [weights to score and to store]
    predict(features), evaluate(batch)      -> outputs; (outputs, row totals, row counts); dropout off

    cache   the GradientCache, or None
    divergence, survey, recompute, returned, gradient_cache: see steps.py.
    """

    def __init__(
        self, model, loss, strategies=(), divergence=None, survey=None, training_loss=None, recompute=False, returned=None,
        gradient_cache=False,
    ):  # fmt: skip
        backend = backends.current()
        self.model, self.loss, self.strategies = model, loss, tuple(strategies)
        self.training_loss, self.returned = training_loss or loss, returned
        self.divergence, self.value_and_gradients, self.total = divergence, backend.value_and_gradients, backend.total
        self.recompute = Recompute(model, backend.checkpoint) if recompute else None
        self.cache = GradientCache(self) if gradient_cache else None
        self.weights = model.trainable_variables
        self.paths = [variable.path for variable in self.weights]
        start = self.named([variable.numpy() for variable in self.weights]) if self.strategies else {}
        self.memory = StrategyState(self.strategies, start, self._survey(survey))
        self.state = [*model.non_trainable_variables, *self.memory.variables]

    def named(self, values):
        return dict(zip(self.paths, values, strict=True))

    def gradients(self, values, state, batch, scale):
        passes = ForwardBackward(self, state, batch, scale)
        compute_loss = passes.compute_loss
        for number, strategy in reversed(list(enumerate(self.strategies))):
            compute_loss = functools.partial(strategy.loss, compute_loss, step=passes.step(number))
        differentiate = functools.partial(passes.loss_and_gradients, compute_loss)
        for number, strategy in reversed(list(enumerate(self.strategies))):
            differentiate = functools.partial(strategy.gradients, differentiate, step=passes.step(number))
        loss, gradients = differentiate(self.named(values))
        return loss, passes.weight, [gradients[path] for path in self.paths], passes.state

    def averaged(self, gradients, values, state):
        passes, found = ForwardBackward(self, state), self.named(gradients)
        for number, strategy in self._having("averaged"):
            found = strategy.averaged(found, self.named(values), passes.step(number))
        return [found[path] for path in self.paths], passes.state

    def kept(self, values, updated, gradients, state):
        passes, found = ForwardBackward(self, state), self.named(updated)
        for number, strategy in self._having("after_update"):
            found = strategy.after_update(self.named(values), found, self.named(gradients), passes.step(number))
        return [found[path] for path in self.paths], passes.state

    def scored(self, values, state):
        passes, found = ForwardBackward(self, state), self.named(values)
        for number, strategy in self._having("scored"):
            found = strategy.scored(found, passes.step(number))
        return [found[path] for path in self.paths]

    def _having(self, joint):
        """(number, strategy) of those that override a joint, innermost first."""
        numbered = reversed(list(enumerate(self.strategies)))
        return [(n, strategy) for n, strategy in numbered if getattr(type(strategy), joint) is not getattr(Strategy, joint)]

    def _survey(self, survey):
        """(each_row=False) -> yields {path: gradient of the mean loss} of the training batches, or rows, dropout off; or None."""
        if survey is None:
            return None

        def mean_gradients(values, state, batch):
            passes = ForwardBackward(self, state, batch, training=False)
            _, found = passes.loss_and_gradients(passes.compute_loss, self.named(values))
            return [found[path] for path in self.paths]

        def surveyed(each_row=False):
            compiled = backends.current().compiled(mean_gradients)
            values, state = (
                [ops.copy(variable.value) for variable in group]
                for group in (self.weights, self.model.non_trainable_variables)
            )
            for batch in survey():
                rows = np.flatnonzero(batch["weights"])
                for part in ([rows_of(batch, slice(row, row + 1)) for row in rows] if each_row else [batch]):
                    yield self.named(compiled(values, state, part))

        return surveyed

    def inputs(self, features):
        """The features that the model reads: `encode` may add others, for decoding."""
        return {name: features[name] for name in self.model.input}

    def call(self, features, training):
        if training and self.recompute:
            return self.recompute(self.inputs(features))
        return self.model(self.inputs(features), training=training)

    def mean_loss(self, batch, outputs):
        """Mean over the real rows (or their tokens) of a batch, and how many of them there are: two float32 scalars."""
        weights = ops.cast(batch["weights"], "float32")
        if hasattr(self.training_loss, "terms"):
            return self._mean_of_terms(batch, outputs, weights), self.total(ops.sum(weights))
        return self._mean(*row_losses(self.training_loss, batch, outputs), weights)

    def _mean(self, totals, counts, weights):
        weight = self.total(ops.sum(counts * weights))
        return self.total(ops.sum(totals * weights)) / ops.maximum(weight, 1e-6), weight

    def _mean_of_terms(self, batch, outputs, weights):
        if gradient_cache.CACHE in batch:
            return gradient_cache.mean_loss(self.training_loss, batch, outputs, weights)
        terms = self.training_loss.terms(batch["targets"], outputs, weights)
        return sum(factor * self._mean(totals, counts, weights)[0] for factor, totals, counts in terms)

    def predict(self, features):
        return self._kept_outputs(self.call(features, training=False))

    def evaluate(self, batch):
        outputs = self.call(batch["features"], training=False)
        return self._kept_outputs(outputs), *row_losses(self.loss, batch, outputs)

    def _kept_outputs(self, outputs):
        return outputs if self.returned is None else {name: outputs[name] for name in self.returned}
