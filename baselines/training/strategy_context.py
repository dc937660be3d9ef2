"""The forward and backward passes of one update, and what a strategy may do within it."""

import contextlib
import dataclasses

import keras
from keras import ops

from baselines.layers import random_bits
from baselines.training.shift import layer_of, shifted_output
from baselines.training.strategy_state import StrategyStateView


class ForwardBackward:
    """The forward and backward passes of one update. Holds the state that each pass hands to the next.

    weight, penalty   float32 (), of the last loss: the rows (or tokens) that it is the mean of, and what layers added to it
    shift             (layer, array) that its output gets added in `compute_loss`, or None
    """

    def __init__(self, objective, state, batch=None, scale=lambda loss: loss, training=True):
        self.objective, self.state, self.batch, self.scale, self.training = objective, list(state), batch, scale, training
        self.weight, self.penalty, self.shift = ops.zeros(()), ops.zeros(()), None

    def step(self, number):
        """The Step of the strategy of that number."""
        objective = self.objective
        offset = len(objective.model.non_trainable_variables)
        return StepContext(self, StrategyStateView(self, objective.memory.places[number], offset), objective.paths)

    def forward(self, weights, features, training):
        """(outputs, penalties that layers add): one call of the model, whose state moves on."""
        model = self.objective.model
        threaded = model.non_trainable_variables
        variables = [*model.trainable_variables, *threaded]
        values = [*(weights[path] for path in self.objective.paths), *self.state[: len(threaded)]]
        with keras.StatelessScope(list(zip(variables, values, strict=True)), collect_losses=True) as scope:
            outputs = self.objective.call(features, training)
            penalties = [ops.cast(penalty, "float32") for penalty in scope.losses]
        found = [scope.get_current_value(variable) for variable in threaded]
        self.state = [*found, *self.state[len(threaded) :]]
        return outputs, penalties

    def compute_loss(self, weights):
        """weights {path: array} -> (loss, outputs), in training mode."""
        with shifted_output(*self.shift) if self.shift else contextlib.nullcontext():
            outputs, penalties = self.forward(weights, self.batch["features"], self.training)
        loss, self.weight = self.objective.mean_loss(self.batch, outputs)
        self.penalty = sum(penalties, ops.zeros(()))
        return loss + self.penalty, outputs

    def differentiate(self, function, arrays, by_rows=False):
        """function({name: array}) -> (scalar, aux); returns (scalar, aux, {name: gradient}). State moves on once."""
        before = self.state, self.weight, self.penalty

        def pure(values):
            self.state, self.weight, self.penalty = before
            value, aux = function(dict(zip(arrays, values, strict=True)))
            return value, (aux, self.state, self.weight, self.penalty)

        found, gradients = self.objective.value_and_gradients(pure, list(arrays.values()), by_rows)
        value, (aux, self.state, self.weight, self.penalty) = found
        return value, aux, dict(zip(arrays, gradients, strict=True))

    def loss_and_gradients(self, compute_loss, weights):
        """The primitive of all strategies: weights {path: array} -> (loss, {path: gradient of the scaled loss})."""

        def scaled(weights):
            loss, _ = compute_loss(weights)
            return self.scale(loss), loss

        _, loss, gradients = self.differentiate(scaled, weights)
        return loss, gradients

    def random(self, draw, shape):
        generator = self.objective.memory.generator
        place = len(self.objective.model.non_trainable_variables)
        with keras.StatelessScope([(generator.state, self.state[place])]) as scope:
            drawn = draw(shape, generator)
        self.state = [*self.state[:place], scope.get_current_value(generator.state), *self.state[place + 1 :]]
        return drawn


@dataclasses.dataclass
class StepContext:
    """What a strategy has besides the weights, within one update.

    memory      {name: array} of `start`; assign to an entry to change it
    paths       of all trainable weights, in the model's order
    batch       {"features", "targets", "weights"}, and "unlabelled", a batch without targets, where the run has such text; None
                outside `loss` and `gradients`
    penalty     within the loss that `compute_loss` returned last: what the model's layers added to that of the task
    """

    _passes: ForwardBackward
    memory: StrategyStateView
    paths: list

    @property
    def batch(self):
        return self._passes.batch

    @property
    def penalty(self):
        return self._passes.penalty

    def normal(self, shape):
        """Fresh float32 noise of N(0, 1)."""
        return self._passes.random(random_bits.normal, shape)

    def uniform(self, shape):
        """Fresh float32 numbers of [0, 1)."""
        return self._passes.random(random_bits.uniform, shape)

    def predict(self, weights, features, training=False):
        """Outputs of the model; `training` switches dropout on."""
        return self._passes.forward(weights, features, training)[0]

    def differentiate(self, function, arrays, by_rows=False):
        """function({name: array}) -> (scalar, aux); returns (scalar, aux, {name: gradient}), unscaled. May be nested.

        by_rows   whether the arrays are of the batch's rows (B, …), which devices share, and not like weights, which all have
        """
        return self._passes.differentiate(function, arrays, by_rows)

    @contextlib.contextmanager
    def shifted(self, path, shift):
        """Within, `compute_loss` adds `shift`, as many numbers as its output has, to what the layer of a weight gives."""
        passes = self._passes
        before, passes.shift = passes.shift, (layer_of(passes.objective.model, path), shift)
        try:
            yield
        finally:
            passes.shift = before

    def divergence(self, outputs, others, features):
        """KL(outputs || others) of the task's own distributions: float32 (B,). See `divergence` of a head."""
        return self._passes.objective.divergence(outputs, others, features)

    def row_mean(self, values, weights):
        """Mean of (B,) over the real rows of a batch with such "weights"."""
        weights = ops.cast(weights, "float32")
        return self.total(ops.sum(values * weights)) / ops.maximum(self.total(ops.sum(weights)), 1e-6)

    def total(self, array):
        """A sum over rows, from the sums of the devices that share them: each sees its own rows of the batch (TensorFlow)."""
        return self._passes.objective.total(array)
