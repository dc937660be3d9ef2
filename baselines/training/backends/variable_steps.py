"""Updates on backends whose variables are the state: read them, compute, assign."""

import contextlib

from keras import ops

from baselines.training.gradient_cache import with_cache
from baselines.training.update import WHOLE, Part, mean_logs, shares, weighted_mean, weighted_sum


class VariableSteps:
    """A backend adds `compiled(function, jit, any_shape=False)` and `read(variables)`, the list of their values."""

    def __init__(self, objective, update, jit):
        self.objective, self.update = objective, update
        for name in ("_update_from_one", "_first", "_next", "_update", "_absorb", "_finish", "_evaluate"):
            setattr(self, name, self.compiled(getattr(self, name), jit))
        self._predict = self.compiled(self._predict, jit, any_shape=not jit)
        if objective.cache:
            self._look, self._compare = self.compiled(self._look, jit), self.compiled(objective.cache.compare, jit)

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

    def optimize(self, gradients):
        self.update.optimizer.apply(gradients, self.objective.weights)

    def gradients(self, values, state, batch):
        return self.objective.gradients(values, state, batch, self.update.optimizer.scale_loss)

    def predict(self, features):
        return self._predict(features)

    def evaluate(self, batch):
        return self._evaluate(batch)

    def _predict(self, features):
        return self.objective.predict(features)

    def _evaluate(self, batch):
        return self.objective.evaluate(batch)

    def _gradients(self, batch):
        values, state = self.read(self.objective.weights), self.read(self.objective.state)
        loss, weight, gradients, state = self.gradients(values, state, batch)
        self.assign(self.objective.state, state)
        return loss, weight, gradients

    def _look(self, state, batch):
        return self.objective.cache.look(self.read(self.objective.weights), state, batch)

    def _first(self, batch):
        return weighted_sum(*self._gradients(batch))

    def _next(self, totals, batch):
        return weighted_sum(*self._gradients(batch), totals)

    def _update_from_one(self, batch):
        loss, _, gradients = self._gradients(batch)
        return self._apply(loss, gradients)

    def _update(self, totals):
        return self._apply(*weighted_mean(totals))

    def _absorb(self, batch, share, first):
        return self._take(batch, Part(share, first, last=False))

    def _finish(self, batch, share, first):
        return self._take(batch, Part(share, first, last=True))

    def _take(self, batch, part):
        loss, _, gradients = self._gradients(batch)
        return self._apply(loss, gradients, part)

    def _apply(self, loss, gradients, part=WHOLE):
        objective, optimizer = self.objective, self.update.optimizer
        values, state = self.read(objective.weights), self.read(objective.state)
        gradients, norm, state = self.update.prepared(gradients, optimizer.scale_loss(ops.ones(())), values, state)
        with self.update.taking(part):
            self.optimize(gradients)
        if objective.strategies and part.last:
            kept, state = objective.kept(values, self.read(objective.weights), gradients, state)
            self.assign(objective.weights, kept)
        if objective.strategies:
            self.assign(objective.state, state)
        return {"loss": loss, "gradient_norm": norm}

    def placed(self, batch):
        """The arrays of a batch where they are computed with."""
        return batch

    def train(self, batches):
        parts = shares(batches) if self.update.absorbs and len(batches) > 1 else None
        batches = [self.placed(batch) for batch in batches]
        if len(batches) == 1:
            return self._update_from_one(batches[0])
        if self.objective.cache:
            batches = with_cache(batches, self._look, self._compare, self.read(self.objective.state))
        if parts:
            logs = [self._absorb(batch, *part) for batch, part in zip(batches[:-1], parts[:-1], strict=True)]
            return mean_logs([*logs, self._finish(batches[-1], *parts[-1])], parts)
        totals = self._first(batches[0])
        for batch in batches[1:]:
            totals = self._next(totals, batch)
        return self._update(totals)
