"""Updates on backends whose variables are the state: read them, compute, assign."""

import contextlib

from keras import ops

from baselines.training.update import weighted_mean, weighted_sum


class VariableSteps:
    """A backend adds `compiled(function, jit)` and `read(variables)`, the list of their values."""

    def __init__(self, objective, update, jit):
        self.objective, self.update = objective, update
        for name in ("_update_from_one", "_first", "_next", "_update", "predict", "evaluate"):
            setattr(self, name, self.compiled(getattr(self, name), jit))

    def reset(self):
        """Nothing to do: the variables are the state."""

    sync = reset

    @contextlib.contextmanager
    def scored_weights(self):
        trained = self.read(self.objective.weights)
        self.assign(self.objective.weights, self.objective.scored(trained, self.read(self.objective.state)))
        try:
            yield
        finally:
            self.assign(self.objective.weights, trained)

    def assign(self, variables, values):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def predict(self, features):
        return self.objective.predict(features)

    def evaluate(self, batch):
        return self.objective.evaluate(batch)

    def _gradients(self, batch):
        values, state = self.read(self.objective.weights), self.read(self.objective.state)
        loss, weight, gradients, state = self.objective.gradients(values, state, batch, self.update.optimizer.scale_loss)
        self.assign(self.objective.state, state)
        return loss, weight, gradients

    def _first(self, batch):
        return weighted_sum(*self._gradients(batch))

    def _next(self, totals, batch):
        return weighted_sum(*self._gradients(batch), totals)

    def _update_from_one(self, batch):
        loss, _, gradients = self._gradients(batch)
        return self._apply(loss, gradients)

    def _update(self, totals):
        return self._apply(*weighted_mean(totals))

    def _apply(self, loss, gradients):
        objective, optimizer = self.objective, self.update.optimizer
        values, state = self.read(objective.weights), self.read(objective.state)
        gradients, norm, state = self.update.prepared(gradients, optimizer.scale_loss(ops.ones(())), values, state)
        optimizer.apply(gradients, objective.weights)
        if objective.strategies:
            kept, state = objective.kept(values, self.read(objective.weights), gradients, state)
            self.assign(objective.weights, kept)
            self.assign(objective.state, state)
        return {"loss": loss, "gradient_norm": norm}

    def train(self, batches):
        if len(batches) == 1:
            return self._update_from_one(batches[0])
        totals = self._first(batches[0])
        for batch in batches[1:]:
            totals = self._next(totals, batch)
        return self._update(totals)
