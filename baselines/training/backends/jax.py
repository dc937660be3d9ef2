"""JAX: the state of training is lists of arrays, donated from one compiled step to the next."""

import contextlib
import functools

import jax
import keras
import numpy as np
from keras import ops

from baselines.training.backends import jax_devices
from baselines.training.gradient_cache import with_cache
from baselines.training.recompute import waiting_for
from baselines.training.update import WHOLE, Part, mean_logs, shares, weighted_mean, weighted_sum


def value_and_gradients(function, values, by_rows=False):
    """function(list of arrays) -> (scalar, aux). Returns ((scalar, aux), dense gradients), zeros where unconnected."""
    return jax.value_and_grad(function, has_aux=True)(values)


def compiled(function):
    """A function of arrays, compiled."""
    return jax.jit(function)


def checkpoint(function, weights, arrays, constants):
    """function(weights, arrays, constants) -> list of arrays, computed again for its gradient, which `constants` have not."""
    if jax.default_backend() != "cpu":
        return jax.checkpoint(function)(weights, arrays, constants)
    # XLA for CPUs drops the barrier that jax.checkpoint sets, merges both runs, and stores everything again.
    twice = jax.custom_vjp(function)
    twice.defvjp(lambda *arguments: (function(*arguments), arguments), functools.partial(_second_run, function))
    return twice(weights, arrays, constants)


def _second_run(function, arguments, incoming):
    weights, arrays, constants = arguments
    known = [gradient for gradient in incoming if gradient.dtype != jax.dtypes.float0]
    constants = waiting_for(known, constants)
    _, pull_back = jax.vjp(lambda weights, arrays: function(weights, arrays, constants), weights, waiting_for(known, arrays))
    of_weights, of_arrays = pull_back(incoming)
    return of_weights, waiting_for(of_weights, of_arrays), [_no_gradient(constant) for constant in constants]


def _no_gradient(array):
    """What custom_vjp wants for an argument without a gradient."""
    is_float = jax.numpy.issubdtype(array.dtype, np.floating)
    return jax.numpy.zeros_like(array) if is_float else np.zeros(array.shape, jax.dtypes.float0)


def total(array):
    """The sum over the devices that share a batch: XLA cuts one program for all of them, in which a sum is the whole one."""
    return array


class BackendSteps:
    """State lives in lists of arrays between steps; its buffers are donated, and variables are written on sync().

    Between steps every array stays on the devices where its Keras variable lies, whatever the compiler would prefer.
    """

    def __init__(self, objective, update, jit):
        self.objective, self.update = objective, update
        self.reset()
        values, state, slots = jax_devices.places([self.values, self.state, self.slots])
        stay = {"donate_argnums": (0, 1, 2), "out_shardings": (values, state, slots, None)}
        self._update_from_one = jax.jit(self._update_from_one, **stay)
        self._first = jax.jit(functools.partial(self._accumulate, None), out_shardings=(None, state))
        self._next = jax.jit(self._accumulate, donate_argnums=(0,), out_shardings=(None, state))
        self._update = jax.jit(self._update, **stay)
        self._absorb = jax.jit(functools.partial(self._take, last=False), **stay)
        self._finish = jax.jit(functools.partial(self._take, last=True), **stay)
        if objective.cache:
            self._look, self._compare = jax.jit(objective.cache.look), jax.jit(objective.cache.compare)
        everywhere = jax_devices.everywhere()
        self._predict = jax.jit(self._stateless(objective.predict), out_shardings=everywhere)
        self._evaluate = jax.jit(self._stateless(objective.evaluate), out_shardings=everywhere)

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

    def _take(self, values, state, slots, batch, share, first, last):
        loss, _, gradients, state = self.objective.gradients(values, state, batch, self._scale(slots))
        return self._apply(values, state, slots, loss, gradients, Part(share, first, last))

    def _apply(self, values, state, slots, loss, gradients, part=WHOLE):
        scale = self._scale(slots)(ops.ones(()))
        gradients, norm, state = self.update.prepared(gradients, scale, values, state)
        with self.update.taking(part):
            kept, slots = self.update.optimizer.stateless_apply(slots, gradients, values)
        if part.last:
            kept, state = self.objective.kept(values, kept, gradients, state)
        return kept, state, slots, {"loss": loss, "gradient_norm": norm}

    def train(self, batches):
        parts = shares(batches) if self.update.absorbs and len(batches) > 1 else None
        batches = [jax_devices.shared(batch) for batch in batches]
        if self.objective.cache and len(batches) > 1:
            batches = with_cache(batches, functools.partial(self._look, self.values), self._compare, self.state)
        if parts:
            return self._train_in_parts(batches, parts)
        if len(batches) == 1:
            step = self._update_from_one(self.values, self.state, self.slots, batches[0])
        else:
            totals, self.state = self._first(self.values, self.state, self.slots, batches[0])
            for batch in batches[1:]:
                totals, self.state = self._next(totals, self.values, self.state, self.slots, batch)
            step = self._update(self.values, self.state, self.slots, totals)
        self.values, self.state, self.slots, logs = step
        return logs

    def _train_in_parts(self, batches, parts):
        logs = []
        for number, (batch, part) in enumerate(zip(batches, parts, strict=True), start=1):
            take = self._finish if number == len(batches) else self._absorb
            self.values, self.state, self.slots, found = take(self.values, self.state, self.slots, batch, *part)
            logs.append(found)
        return mean_logs(logs, parts)

    def predict(self, features):
        return self._predict(self.values, self.state, jax_devices.shared(features))

    def evaluate(self, batch):
        return self._evaluate(self.values, self.state, jax_devices.shared(batch))
