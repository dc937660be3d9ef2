"""JAX: the state of training is lists of arrays, donated from one compiled step to the next."""

import contextlib
import functools

import jax
import keras
from keras import ops

from baselines.training.update import weighted_mean, weighted_sum


def value_and_gradients(function, values):
    """function(list of arrays) -> (scalar, aux). Returns ((scalar, aux), dense gradients), zeros where unconnected."""
    return jax.value_and_grad(function, has_aux=True)(values)


class BackendSteps:
    """State lives in lists of arrays between steps; its buffers are donated, and variables are written on sync()."""

    def __init__(self, objective, update, jit):
        self.objective, self.update = objective, update
        self.reset()
        self._update_from_one = jax.jit(self._update_from_one, donate_argnums=(0, 1, 2))
        self._first = jax.jit(functools.partial(self._accumulate, None))
        self._next = jax.jit(self._accumulate, donate_argnums=(0,))
        self._update = jax.jit(self._update, donate_argnums=(0, 1, 2))
        self._predict = jax.jit(self._stateless(objective.predict))
        self._evaluate = jax.jit(self._stateless(objective.evaluate))

    def _variables(self):
        return [self.objective.weights, self.objective.state, self.update.slots]

    def reset(self):
        # Copies: a donated buffer must not be one that a Keras variable still shows.
        self.values, self.state, self.slots = ([jax.numpy.array(v.value) for v in group] for group in self._variables())

    def sync(self):
        for variables, values in zip(self._variables(), (self.values, self.state, self.slots), strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(jax.numpy.array(value))

    @contextlib.contextmanager
    def scored_weights(self):
        trained = self.values
        self.values = [ops.convert_to_tensor(value) for value in self.objective.scored(self.values, self.state)]
        try:
            yield
        finally:
            self.values = trained

    def _stateless(self, function):
        def pure(values, state, argument):
            variables = [*self.objective.weights, *self.objective.state]
            with keras.StatelessScope(list(zip(variables, [*values, *state], strict=True))):
                return function(argument)

        return pure

    def _scale(self, slots):
        """loss -> the loss that gradients are taken of; another one with fp16 only."""

        def scale(loss):
            with keras.StatelessScope(list(zip(self.update.slots, slots, strict=True))):
                return self.update.optimizer.scale_loss(loss)

        return scale

    def _accumulate(self, totals, values, state, slots, batch):
        loss, weight, gradients, state = self.objective.gradients(values, state, batch, self._scale(slots))
        return weighted_sum(loss, weight, gradients, totals), state

    def _update_from_one(self, values, state, slots, batch):
        loss, _, gradients, state = self.objective.gradients(values, state, batch, self._scale(slots))
        return self._apply(values, state, slots, loss, gradients)

    def _update(self, values, state, slots, totals):
        return self._apply(values, state, slots, *weighted_mean(totals))

    def _apply(self, values, state, slots, loss, gradients):
        scale = self._scale(slots)(ops.ones(()))
        gradients, norm, state = self.update.prepared(gradients, scale, values, state)
        updated, slots = self.update.optimizer.stateless_apply(slots, gradients, values)
        kept, state = self.objective.kept(values, updated, gradients, state)
        return kept, state, slots, {"loss": loss, "gradient_norm": norm}

    def train(self, batches):
        if len(batches) == 1:
            step = self._update_from_one(self.values, self.state, self.slots, batches[0])
        else:
            totals, self.state = self._first(self.values, self.state, self.slots, batches[0])
            for batch in batches[1:]:
                totals, self.state = self._next(totals, self.values, self.state, self.slots, batch)
            step = self._update(self.values, self.state, self.slots, totals)
        self.values, self.state, self.slots, logs = step
        return logs

    def predict(self, features):
        return self._predict(self.values, self.state, features)

    def evaluate(self, batch):
        return self._evaluate(self.values, self.state, batch)
