"""One update and one prediction, compiled. The only file that asks which backend runs."""

import functools

import keras
import numpy as np
from keras import ops

from baselines.training.objective import Objective

BACKEND = keras.backend.backend()

if BACKEND == "jax":
    import jax

    def value_and_gradients(function, values):
        """function(list of arrays) -> (scalar, aux). Returns ((scalar, aux), dense gradients), zeros where unconnected."""
        return jax.value_and_grad(function, has_aux=True)(values)

elif BACKEND == "tensorflow":
    import tensorflow as tf

    def value_and_gradients(function, values):
        values = [tf.convert_to_tensor(value) for value in values]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            value, aux = function(values)
        gradients = tape.gradient(value, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        # Embedding gradients come as slices whose repeated rows are not yet summed: dense, so that squares and norms are right.
        return (value, aux), [tf.convert_to_tensor(gradient) for gradient in gradients]

elif BACKEND == "torch":
    import torch

    def value_and_gradients(function, values):
        with torch.enable_grad():
            values = [value.detach().requires_grad_() for value in values]
            value, aux = function(values)
            gradients = torch.autograd.grad(value, values, allow_unused=True)
        zeros = (torch.zeros_like(v) if g is None else g for v, g in zip(values, gradients, strict=True))
        return (value.detach(), keras.tree.map_structure(torch.Tensor.detach, aux)), list(zeros)

else:
    raise ImportError(f"expected KERAS_BACKEND to be tensorflow, jax or torch. Received: {BACKEND}")


class Steps:
    """The compiled steps of a model with its loss, and for training its optimizer and strategies.

    train(batches)      one update from one or more micro-batches; {"loss", "gradient_norm"} as backend scalars, not waited for
    predict(features)   outputs as NumPy arrays, dropout off
    evaluate(batch)     (outputs, row loss totals, row loss counts) as NumPy arrays
    sync()              makes the Keras variables hold the current state: call it before weights are read or saved
    reset()             takes up what was assigned to the Keras variables from outside (a resumed state)
    """

    def __init__(self, model, loss, optimizer=None, strategies=(), jit=True):
        if optimizer is not None and not optimizer.built:
            optimizer.build(model.trainable_variables)
        objective = Objective(model, loss, strategies, value_and_gradients)
        self._backend = _BACKENDS[BACKEND](objective, optimizer, jit)
        self.train, self.sync, self.reset = self._backend.train, self._backend.sync, self._backend.reset

    def predict(self, features):
        return keras.tree.map_structure(ops.convert_to_numpy, self._backend.predict(features))

    def evaluate(self, batch):
        return keras.tree.map_structure(ops.convert_to_numpy, self._backend.evaluate(batch))


def to_float(scalar):
    """A backend scalar as a Python float; waits for the step that computes it."""
    return float(np.asarray(ops.convert_to_numpy(scalar)))


def _global_norm(gradients):
    return ops.sqrt(sum(ops.sum(ops.square(ops.cast(gradient, "float32"))) for gradient in gradients))


def _weighted_sum(loss, weight, gradients, totals=None):
    """Running sums over micro-batches, so that k batches of b rows teach what one of k*b rows teaches."""
    parts = [loss * weight, weight, *(gradient * ops.cast(weight, gradient.dtype) for gradient in gradients)]
    return parts if totals is None else [total + part for total, part in zip(totals, parts, strict=True)]


def _weighted_mean(totals):
    loss, weight, *gradients = totals
    weight = ops.maximum(weight, 1e-6)
    return loss / weight, [gradient / ops.cast(weight, gradient.dtype) for gradient in gradients]


class _JaxSteps:
    """State lives in lists of arrays between steps; its buffers are donated, and variables are written on sync()."""

    def __init__(self, objective, optimizer, jit):
        self.objective, self.model, self.optimizer = objective, objective.model, optimizer
        self.reset()
        self._update_from_one = jax.jit(self._update_from_one, donate_argnums=(0, 1, 2))
        self._first = jax.jit(functools.partial(self._accumulate, None))
        self._next = jax.jit(self._accumulate, donate_argnums=(0,))
        self._update = jax.jit(self._update, donate_argnums=(0, 1, 2))
        self._predict = jax.jit(self._stateless(objective.predict))
        self._evaluate = jax.jit(self._stateless(objective.evaluate))

    def _variables(self):
        slots = self.optimizer.variables if self.optimizer else []
        return [self.model.trainable_variables, self.model.non_trainable_variables, slots]

    def reset(self):
        # Copies: a donated buffer must not be one that a Keras variable still shows.
        self.values, self.state, self.slots = ([jax.numpy.array(v.value) for v in group] for group in self._variables())

    def sync(self):
        for variables, values in zip(self._variables(), (self.values, self.state, self.slots), strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(jax.numpy.array(value))

    def _stateless(self, function):
        def pure(values, state, argument):
            variables = [*self.model.trainable_variables, *self.model.non_trainable_variables]
            with keras.StatelessScope(list(zip(variables, [*values, *state], strict=True))):
                return function(argument)

        return pure

    def _scale(self, slots):
        def scale(loss):
            with keras.StatelessScope(list(zip(self.optimizer.variables, slots, strict=True))):
                return self.optimizer.scale_loss(loss)

        return scale

    def _accumulate(self, totals, values, state, slots, batch):
        loss, weight, gradients, state = self.objective.gradients(values, state, batch, self._scale(slots))
        return _weighted_sum(loss, weight, gradients, totals), state

    def _apply(self, values, slots, loss, gradients):
        norm = _global_norm(gradients) / self._scale(slots)(ops.ones(()))
        updated, slots = self.optimizer.stateless_apply(slots, gradients, values)
        kept = self.objective.keep(values, updated) if self.objective.keeps else updated
        return kept, slots, {"loss": loss, "gradient_norm": norm}

    def _update_from_one(self, values, state, slots, batch):
        loss, _, gradients, state = self.objective.gradients(values, state, batch, self._scale(slots))
        values, slots, logs = self._apply(values, slots, loss, gradients)
        return values, state, slots, logs

    def _update(self, values, slots, totals):
        return self._apply(values, slots, *_weighted_mean(totals))

    def train(self, batches):
        if len(batches) == 1:
            step = self._update_from_one(self.values, self.state, self.slots, batches[0])
            self.values, self.state, self.slots, logs = step
            return logs
        totals, self.state = self._first(self.values, self.state, self.slots, batches[0])
        for batch in batches[1:]:
            totals, self.state = self._next(totals, self.values, self.state, self.slots, batch)
        self.values, self.slots, logs = self._update(self.values, self.slots, totals)
        return logs

    def predict(self, features):
        return self._predict(self.values, self.state, features)

    def evaluate(self, batch):
        return self._evaluate(self.values, self.state, batch)


class _VariableSteps:
    """Backends whose variables are the state: read them, compute, assign. A backend adds `compiled` and `read`."""

    def __init__(self, objective, optimizer, jit):
        self.objective, self.model, self.optimizer = objective, objective.model, optimizer
        for name in ("_update_from_one", "_first", "_next", "_update", "predict", "evaluate"):
            setattr(self, name, self.compiled(getattr(self, name), jit))

    def reset(self):
        """Nothing to do: the variables are the state."""

    sync = reset

    def predict(self, features):
        return self.objective.predict(features)

    def evaluate(self, batch):
        return self.objective.evaluate(batch)

    def _values(self):
        return self.read(self.model.trainable_variables)

    def _gradients(self, values, batch):
        variables = self.model.non_trainable_variables
        state = self.read(variables)
        loss, weight, gradients, state = self.objective.gradients(values, state, batch, self.optimizer.scale_loss)
        for variable, value in zip(variables, state, strict=True):
            variable.assign(value)
        return loss, weight, gradients

    def _first(self, batch):
        return _weighted_sum(*self._gradients(self._values(), batch))

    def _next(self, totals, batch):
        return _weighted_sum(*self._gradients(self._values(), batch), totals)

    def _apply(self, values, loss, gradients):
        norm = _global_norm(gradients) / self.optimizer.scale_loss(ops.ones(()))
        self.optimizer.apply(gradients, self.model.trainable_variables)
        if self.objective.keeps:
            kept = self.objective.keep(values, self._values())
            for variable, value in zip(self.model.trainable_variables, kept, strict=True):
                variable.assign(value)
        return {"loss": loss, "gradient_norm": norm}

    def _update_from_one(self, batch):
        values = self._values()
        loss, _, gradients = self._gradients(values, batch)
        return self._apply(values, loss, gradients)

    def _update(self, totals):
        return self._apply(self._values(), *_weighted_mean(totals))

    def train(self, batches):
        if len(batches) == 1:
            return self._update_from_one(batches[0])
        totals = self._first(batches[0])
        for batch in batches[1:]:
            totals = self._next(totals, batch)
        return self._update(totals)


class _TensorFlowSteps(_VariableSteps):
    def read(self, variables):
        # Not ops.convert_to_tensor: that gives the variable itself, which is read again after it was assigned.
        return [tf.convert_to_tensor(variable.value) for variable in variables]

    def compiled(self, function, jit):
        return tf.function(function, jit_compile=jit, autograph=False)


class _TorchSteps(_VariableSteps):
    def read(self, variables):
        return [variable.value.detach().clone() for variable in variables]

    def compiled(self, function, jit):
        return torch.no_grad()(function)  # value_and_gradients switches them on where they are wanted


_BACKENDS = {"jax": _JaxSteps, "tensorflow": _TensorFlowSteps, "torch": _TorchSteps}
