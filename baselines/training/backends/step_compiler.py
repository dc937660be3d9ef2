"""Compiles the functions of steps.py on a backend whose Keras variables are the state of training: read, compute, assign."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any


class StepCompiler:
    """Functions of arrays that read and assign the variables of an Objective and an optimizer, as compiled ones.

    A backend overrides what differs, `compile(function, any_rows)` and `read` at least.
    """

    def __init__(self, objective: Any, optimizer: Any, jit: bool):
        self.objective, self.optimizer, self.jit, self.traces = objective, optimizer, jit, 0

    def update(self, function: Callable) -> Callable:
        """function(arrays) -> logs; it assigns weights, state and the optimizer's slots."""
        return self.compile(self.count_traces(function))

    def sums(self, function: Callable, donated: int = 0) -> Callable:
        """function(arrays) -> arrays; it assigns the state. donated: leading arguments whose memory it may take."""
        return self.compile(self.count_traces(function))

    def prediction(self, function: Callable, any_rows: bool = False) -> Callable:
        """function(arrays) -> arrays; it only reads. any_rows: compile once for any number of rows, where that is possible."""
        return self.compile(self.count_traces(function), any_rows)

    def count_traces(self, function: Callable) -> Callable:
        """`function`, which adds 1 to `traces` each time that Python runs it: once for each shape that is compiled."""

        @functools.wraps(function)
        def traced(*arguments):
            self.traces += 1
            return function(*arguments)

        return traced

    def state(self) -> list:
        """The current values of the objective's state."""
        return self.read(self.objective.state)

    def assign(self, variables: Sequence, values: Sequence) -> None:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def weights(self) -> list:
        """Copies of the current weights."""
        return self.read(self.objective.weights)

    def replace_weights(self, values: Sequence) -> None:
        """Makes arrays the weights. They must not be used afterwards: an update may take their memory."""
        self.assign(self.objective.weights, values)

    def optimize(self, gradients: Sequence) -> None:
        """An update of the weights by the optimizer."""
        self.optimizer.apply(gradients, self.objective.weights)

    def place(self, batch: dict) -> Any:
        """The arrays of a batch where they are computed with."""
        return batch

    def seeds_of_device(self, state: Sequence, back: bool = False) -> Sequence:
        """The state with the dropout seeds of this device, or `back` to those that all devices share."""
        return state

    @contextlib.contextmanager
    def scored_weights(self) -> Iterator[None]:
        """Within, `predict`, `evaluate` and `sync` use the weights to score and to store: averaged ones with ema."""
        trained = self.read(self.objective.weights)
        self.assign(self.objective.weights, self.objective.scored_weights(trained, self.state()))
        try:
            yield
        finally:
            self.assign(self.objective.weights, trained)

    def reset(self) -> None:
        """Takes up what was assigned to the Keras variables from outside, such as a resumed state. Here they are the state."""

    def sync(self) -> None:
        """Makes the Keras variables hold the current state, before weights are read or saved. Here they do."""
