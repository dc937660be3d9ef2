"""One update and one prediction, compiled."""

import keras
import numpy as np
from keras import ops

from baselines.runtime.memory_allocator import return_freed_memory
from baselines.training import backends
from baselines.training.objective import Objective
from baselines.training.update import Update


class Steps:
    """The compiled steps of a model with its loss, and for training its optimizer and strategies.

    train(batches)      one update from one or more micro-batches; {"loss", "gradient_norm"} as backend scalars, not waited for
    predict(features)   outputs as NumPy arrays, dropout off. With devices.any_shape() and without jit a new shape costs nothing
    evaluate(batch)     (outputs, row loss totals, row loss counts) as NumPy arrays
    scored_weights()    a context in which predict, evaluate and sync use the weights to score and to keep: averaged ones (ema)
    sync()              makes the Keras variables hold the current state: call it before weights are read or saved
    reset()             takes up what was assigned to the Keras variables from outside (a resumed state)

    training_loss       what updates minimise instead of `loss`, by which rows are scored all the same
    divergence          head.divergence, for strategies that compare two outputs
    survey              () -> batches of the training rows, for strategies that look at all of them first; None in a resumed run
    recompute           compute the inside of each block again in the backward pass instead of storing it, see recompute.py
    returned            names of the outputs that predict and evaluate return, None for all: logits of tokens would fill the memory
    gradient_cache      compare the rows of all micro-batches of an update with each other, see gradient_cache.py
    """

    def __init__(
        self, model, loss, optimizer=None, strategies=(), jit=True, clip_norm=0.0, clip="hard", divergence=None, survey=None,
        training_loss=None, recompute=False, returned=None, gradient_cache=False,
    ):
        if optimizer is not None and not optimizer.built:
            optimizer.build(model.trainable_variables)
        objective = Objective(model, loss, strategies, divergence, survey, training_loss, recompute, returned, gradient_cache)
        self.optimizer, self.memory = optimizer, objective.memory
        self._backend = backends.current().BackendSteps(objective, Update(optimizer, objective, clip_norm, clip), jit)
        self.sync, self.reset = self._backend.sync, self._backend.reset
        self.scored_weights = self._backend.scored_weights
        self._compiled = set()

    def train(self, batches):
        return self._run(self._backend.train, batches)

    def predict(self, features):
        return keras.tree.map_structure(ops.convert_to_numpy, self._run(self._backend.predict, features))

    def evaluate(self, batch):
        return keras.tree.map_structure(ops.convert_to_numpy, self._run(self._backend.evaluate, batch))

    def _run(self, step, arrays):
        found = step(arrays)
        compiled = step.__name__, *(np.shape(array) for array in keras.tree.flatten(arrays))
        if compiled not in self._compiled:                              # compiling has left more free memory than a step needs
            self._compiled.add(compiled)
            return_freed_memory()
        return found


def to_float(scalar):
    """A backend scalar as a Python float; waits for the step that computes it."""
    return float(np.asarray(ops.convert_to_numpy(scalar)))
