"""The objective of an update: the loss of a batch as a pure function of the weights, with the strategies around it.

The second of the three files of a step, see steps.py. Weights travel as {variable path: array} through `keras.StatelessScope`, so
that a strategy is one text for TensorFlow, JAX and PyTorch. All other state (dropout seeds, what strategies keep) is threaded
through every pass and saved with the weights: a resumed run draws what an uninterrupted one would have drawn.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.losses.batch_loss import BatchLoss
from baselines.training import backends, gradient_cache
from baselines.training.gradient_cache import GradientCache
from baselines.training.recompute import Recompute
from baselines.training.strategies.strategy import Strategy
from baselines.training.strategy_context import ForwardBackward


class StrategyState:
    """The state of all strategies of a run and the seed of their random numbers: Keras variables, in one list.

    They are threaded, saved and resumed like dropout seeds.

    Args:
        strategies: Strategy objects.
        weights: {path: NumPy array} that training starts from.
        full_pass: see Strategy.start.
    """

    def __init__(
        self, strategies: Sequence[Strategy], weights: Mapping[str, np.ndarray], full_pass: Callable | None = None
    ):
        self.variables, self.indices = [], []
        self.generator = keras.random.SeedGenerator(name="strategies") if strategies else None
        if self.generator:
            self.variables.append(self.generator.state)
        for strategy in strategies:
            indices = {}
            for name, value in strategy.start(weights, full_pass).items():
                indices[name] = len(self.variables)
                variable = keras.Variable(value, dtype=value.dtype.name, trainable=False, name="memory")
                self.variables.append(variable)
            self.indices.append(indices)


class Objective:
    """A model, the loss of a row, the one that training minimizes (by default the same), and strategies.

    The arguments are those of Steps.

    Attributes:
        weights, state: the Keras variables that training moves, and those that it threads through.
        paths: of the weights.
        strategy_state: the StrategyState of all strategies.
        cache: the GradientCache, or None.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable,
        strategies: Sequence[Strategy] = (),
        divergence: Callable | None = None,
        full_pass: Callable | None = None,
        training_loss: Callable | None = None,
        recompute: bool = False,
        output_names: Sequence[str] | None = None,
        gradient_cache: bool = False,
    ):
        backend = backends.current()
        self.model, self.loss, self.strategies = model, loss, tuple(strategies)
        self.training_loss, self.output_names = training_loss or loss, output_names
        self.divergence, self.value_and_gradients, self.total = divergence, backend.value_and_gradients, backend.total
        self.recompute = Recompute(model, backend.checkpoint) if recompute else None
        self.cache = GradientCache(self) if gradient_cache else None
        self.weights = model.trainable_variables
        self.paths = [variable.path for variable in self.weights]
        start = self.named([variable.numpy() for variable in self.weights]) if self.strategies else {}
        self.strategy_state = StrategyState(self.strategies, start, self._gradients_of(full_pass))
        self.state = [*model.non_trainable_variables, *self.strategy_state.variables]

    def named(self, values: Sequence) -> dict[str, Any]:
        """{path: value} of a list in the order of the weights."""
        return dict(zip(self.paths, values, strict=True))

    def gradients(self, values: Sequence, state: Sequence, batch: dict, scale: Any) -> tuple:
        """(loss, its weight, [gradients of scale(loss)], [new state]) of a micro-batch, float32 () twice."""
        passes = ForwardBackward(self, state, batch, scale)
        compute_loss = passes.compute_loss
        for number, strategy in reversed(list(enumerate(self.strategies))):
            compute_loss = functools.partial(strategy.loss, compute_loss, step=passes.context(number))
        differentiate = functools.partial(passes.loss_and_gradients, compute_loss)
        for number, strategy in reversed(list(enumerate(self.strategies))):
            differentiate = functools.partial(strategy.gradients, differentiate, step=passes.context(number))
        loss, gradients = differentiate(self.named(values))
        return loss, passes.weight, [gradients[path] for path in self.paths], passes.state

    def before_update(self, gradients: Sequence, values: Sequence, state: Sequence) -> tuple:
        """([gradients that the strategies leave of an update's], [new state])."""
        passes, gradients = ForwardBackward(self, state), self.named(gradients)
        for number, strategy in self.overriding("before_update"):
            gradients = strategy.before_update(gradients, self.named(values), passes.context(number))
        return [gradients[path] for path in self.paths], passes.state

    def after_update(self, values: Sequence, updated: Sequence, gradients: Sequence, state: Sequence) -> tuple:
        """([weights that the strategies keep after an update], [new state])."""
        passes, updated = ForwardBackward(self, state), self.named(updated)
        for number, strategy in self.overriding("after_update"):
            updated = strategy.after_update(self.named(values), updated, self.named(gradients), passes.context(number))
        return [updated[path] for path in self.paths], passes.state

    def scored_weights(self, values: Sequence, state: Sequence) -> list:
        """[weights to score and to store]."""
        passes, weights = ForwardBackward(self, state), self.named(values)
        for number, strategy in self.overriding("scored_weights"):
            weights = strategy.scored_weights(weights, passes.context(number))
        return [weights[path] for path in self.paths]

    def overriding(self, hook: str) -> list[tuple]:
        """[(number, strategy)] of those that override a hook, innermost first."""
        numbered = reversed(list(enumerate(self.strategies)))
        return [(n, strategy) for n, strategy in numbered if getattr(type(strategy), hook) is not getattr(Strategy, hook)]

    def _gradients_of(self, full_pass):
        """What Strategy.start gets as `full_pass`, from () -> training batches; None of None."""
        if full_pass is None:
            return None

        def mean_gradients(values, state, batch):
            passes = ForwardBackward(self, state, batch, training=False)
            _, gradients = passes.loss_and_gradients(passes.compute_loss, self.named(values))
            return [gradients[path] for path in self.paths]

        def gradients_of_batches(each_row=False):
            compiled = backends.current().compile_function(mean_gradients)
            values, state = (
                [ops.copy(variable.value) for variable in group]
                for group in (self.weights, self.model.non_trainable_variables)
            )
            for batch in full_pass():
                rows = np.flatnonzero(batch["weights"])
                for part in ([rows_of(batch, slice(row, row + 1)) for row in rows] if each_row else [batch]):
                    yield self.named(compiled(values, state, part))

        return gradients_of_batches

    def call(self, features: dict, training: bool) -> dict:
        """Outputs of the model, which reads some of the features: `encode` may add others, for decoding."""
        features = {name: features[name] for name in self.model.input}
        if training and self.recompute:
            return self.recompute(features)
        return self.model(features, training=training)

    def mean_loss(self, batch: dict, outputs: dict) -> tuple:
        """Mean over the real rows (or their tokens) of a batch, and how many of them there are: two float32 scalars."""
        weights = ops.cast(batch["weights"], "float32")
        if isinstance(self.training_loss, BatchLoss):
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

    def predict(self, features: dict) -> dict:
        """The requested outputs, without dropout."""
        return self._requested(self.call(features, training=False))

    def evaluate(self, batch: dict) -> tuple:
        """(the requested outputs, row loss totals, row loss counts), without dropout."""
        outputs = self.call(batch["features"], training=False)
        return self._requested(outputs), *row_losses(self.loss, batch, outputs)

    def _requested(self, outputs):
        return outputs if self.output_names is None else {name: outputs[name] for name in self.output_names}


def row_losses(loss: Any, batch: dict, outputs: dict) -> tuple:
    """(totals, counts), both float32 (B,), of a task's loss: a mean over tokens has counts other than 1."""
    result = loss(batch["targets"], outputs)
    totals, counts = result if isinstance(result, tuple) else (result, ops.ones_like(result))
    return ops.cast(totals, "float32"), ops.cast(counts, "float32")


def rows_of(batch: dict, rows: Any) -> dict:
    """The given rows of a batch, by a slice or their indices."""
    return keras.tree.map_structure(lambda array: array[rows], batch)
