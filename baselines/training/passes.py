"""The forward and backward passes of one update, and what a strategy may do within it."""

import dataclasses

import keras
from keras import ops

from baselines.training.memory import Recall


class Passes:
    """The forward and backward passes of one update. Holds the state that each pass hands to the next."""

    def __init__(self, objective, state, batch=None, scale=lambda loss: loss, training=True):
        self.objective, self.state, self.batch, self.scale, self.training = objective, list(state), batch, scale, training
        self.weight = None

    def step(self, number):
        """The Step of the strategy of that number."""
        objective = self.objective
        offset = len(objective.model.non_trainable_variables)
        return Step(self, Recall(self, objective.memory.places[number], offset), objective.paths)

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
        outputs, penalties = self.forward(weights, self.batch["features"], self.training)
        loss, self.weight = self.objective.mean_loss(self.batch, outputs)
        return sum(penalties, loss), outputs

    def differentiate(self, function, arrays):
        """function({name: array}) -> (scalar, aux); returns (scalar, aux, {name: gradient}). State moves on once."""
        before = self.state, self.weight

        def pure(values):
            self.state, self.weight = before
            value, aux = function(dict(zip(arrays, values, strict=True)))
            # None is no array: a pass on unlabelled text has no weight.
            return value, (aux, self.state, () if self.weight is None else self.weight)

        (value, (aux, self.state, weight)), gradients = self.objective.value_and_gradients(pure, list(arrays.values()))
        self.weight = None if isinstance(weight, tuple) else weight
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
            drawn = draw(shape, dtype="float32", seed=generator)
        self.state = [*self.state[:place], scope.get_current_value(generator.state), *self.state[place + 1 :]]
        return drawn


@dataclasses.dataclass
class Step:
    """What a strategy has besides the weights, within one update.

    memory      {name: array} of `start`; assign to an entry to change it
    paths       of all trainable weights, in the model's order
    batch       {"features", "targets", "weights"}, and "unlabelled" features where the run has unlabelled text; None
                outside `loss` and `gradients`
    """

    _passes: Passes
    memory: Recall
    paths: list

    @property
    def batch(self):
        return self._passes.batch

    def normal(self, shape):
        """Fresh float32 noise of N(0, 1)."""
        return self._passes.random(keras.random.normal, shape)

    def uniform(self, shape):
        """Fresh float32 numbers of [0, 1)."""
        return self._passes.random(keras.random.uniform, shape)

    def predict(self, weights, features, training=False):
        """Outputs of the model; `training` switches dropout on."""
        return self._passes.forward(weights, features, training)[0]

    def differentiate(self, function, arrays):
        """function({name: array}) -> (scalar, aux); returns (scalar, aux, {name: gradient}), unscaled. May be nested."""
        return self._passes.differentiate(function, arrays)

    def divergence(self, outputs, others, features):
        """KL(outputs || others) of the task's own distributions: float32 (B,). See `divergence` of a head."""
        return self._passes.objective.divergence(outputs, others, features)

    def row_mean(self, values):
        """Mean of (B,) over the real rows of the batch."""
        weights = ops.cast(self.batch["weights"], "float32")
        return ops.sum(values * weights) / ops.maximum(ops.sum(weights), 1e-6)
