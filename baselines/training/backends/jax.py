"""JAX: the state of training is lists of arrays, which each compiled step takes and gives back."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import keras
import numpy as np
from keras import ops

from baselines.training.backends import jax_devices, step_compiler
from baselines.training.recompute import wait_for


def value_and_gradients(function: Callable, values: Sequence, by_rows: bool = False) -> tuple:
    """function(list of arrays) -> (scalar, aux). Returns ((scalar, aux), dense gradients), zeros where unconnected."""
    return jax.value_and_grad(function, has_aux=True)(values)


def sum_of_squares(arrays: Sequence) -> Any:
    """The sum of the squares of all numbers in some arrays, float32 ()."""
    return sum(ops.sum(ops.square(ops.cast(array, "float32"))) for array in arrays)


def compile_function(function: Callable) -> Callable:
    """A function of arrays, compiled."""
    return jax.jit(function)


def checkpoint(function: Callable, weights: Sequence, arrays: Sequence, constants: Sequence) -> list:
    """function(weights, arrays, constants) -> list of arrays, computed again for its gradient, which leaves out `constants`."""
    if jax.default_backend() != "cpu":
        return jax.checkpoint(function)(weights, arrays, constants)
    # XLA for CPUs drops the barrier that jax.checkpoint sets, merges both runs, and stores everything again.
    twice = jax.custom_vjp(function)
    twice.defvjp(lambda *arguments: (function(*arguments), arguments), functools.partial(_second_run, function))
    return twice(weights, arrays, constants)


def _second_run(function, arguments, incoming):
    weights, arrays, constants = arguments
    known = [gradient for gradient in incoming if gradient.dtype != jax.dtypes.float0]
    constants = wait_for(known, constants)
    _, pull_back = jax.vjp(lambda weights, arrays: function(weights, arrays, constants), weights, wait_for(known, arrays))
    of_weights, of_arrays = pull_back(incoming)
    return of_weights, wait_for(of_weights, of_arrays), [_no_gradient(constant) for constant in constants]


def _no_gradient(array):
    """The zero gradient that custom_vjp expects for an argument without one."""
    is_float = jax.numpy.issubdtype(array.dtype, np.floating)
    return jax.numpy.zeros_like(array) if is_float else np.zeros(array.shape, jax.dtypes.float0)


def total(array: Any) -> Any:
    """The sum over the devices that share a batch: XLA cuts one program for all of them, in which a sum is the whole one."""
    return array


def serves_any_length(model: keras.Model, jit: bool) -> bool:
    """Whether one compiled step takes batches of every length: XLA compiles for sizes."""
    return False


class StepCompiler(step_compiler.StepCompiler):
    """The variables live in a StatelessScope while a function is traced, and in lists of arrays between two calls.

    Updates take the memory of these arrays (they are donated); variables are written by `sync`. Between calls every array stays on
    the devices where its Keras variable lies, whatever the compiler would prefer.
    """

    def __init__(self, objective: Any, optimizer: Any, jit: bool):
        super().__init__(objective, optimizer, jit)
        self._groups = [objective.weights, objective.state, optimizer.variables if optimizer else []]
        self.reset()
        self._stay = tuple(jax_devices.shardings(self._arrays))

    def reset(self) -> None:
        # Copies: a donated buffer must not be one that a Keras variable still shows.
        self._arrays = [[jax.numpy.array(variable.value) for variable in group] for group in self._groups]

    def sync(self) -> None:
        for variables, values in zip(self._groups, self._arrays, strict=True):
            self.assign(variables, [jax.numpy.array(value) for value in values])

    def sums(self, function: Callable, donated: int = 0) -> Callable:
        variables, function = flat(self._groups), self.count_traces(function)

        def pure(values, state, slots, *given):
            current = zip(variables, [*values, *state, *slots], strict=True)
            with keras.StatelessScope(list(current)) as scope:
                result = function(*given)
            return result, *([scope.get_current_value(variable) for variable in group] for group in self._groups)

        compiled = jax.jit(pure, donate_argnums=range(3 + donated), out_shardings=(None, *self._stay))

        def call(*given):
            result, *self._arrays = compiled(*self._arrays, *given)
            return result

        call.lower = lambda *given: compiled.lower(*self._arrays, *given)       # to look at what is compiled
        return call

    def update(self, function: Callable) -> Callable:
        return self.sums(function)

    def prediction(self, function: Callable, any_rows: bool = False) -> Callable:
        variables, function = flat(self._groups[:2]), self.count_traces(function)

        def pure(values, state, *given):
            with keras.StatelessScope(list(zip(variables, [*values, *state], strict=True))):
                return function(*given)

        compiled = jax.jit(pure, out_shardings=jax_devices.replicated_sharding())
        return lambda *given: compiled(*self._arrays[:2], *given)

    def read(self, variables: Sequence) -> list:
        return [ops.convert_to_tensor(variable) for variable in variables]

    def state(self) -> list:
        return self._arrays[1]

    def weights(self) -> list:
        return [jax.numpy.array(value) for value in self._arrays[0]]

    def replace_weights(self, values: Sequence) -> None:
        self._arrays[0] = list(values)

    def optimize(self, gradients: Sequence) -> None:
        # Not `apply`: with fp16 it assigns within branches, and JAX cannot let that out of them.
        weights, slots = self.objective.weights, self.optimizer.variables
        values, new = self.optimizer.stateless_apply(self.read(slots), gradients, self.read(weights))
        self.assign(weights, values)
        self.assign(slots, new)

    def place(self, batch: dict) -> Any:
        return jax_devices.shard_batch(batch)

    @contextlib.contextmanager
    def scored_weights(self) -> Iterator[None]:
        trained, state, _ = self._arrays
        self._arrays[0] = [ops.convert_to_tensor(value) for value in self.objective.scored_weights(trained, state)]
        try:
            yield
        finally:
            self._arrays[0] = trained


def flat(groups: Any) -> list:
    """The elements of several lists."""
    return [element for group in groups for element in group]
