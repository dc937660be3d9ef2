"""PyTorch: updates run eagerly."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import torch
import torch.utils.checkpoint
from keras import ops

from baselines.training.backends import step_compiler


def value_and_gradients(function: Callable, values: Sequence, by_rows: bool = False) -> tuple:
    """function(list of arrays) -> (scalar, aux). Returns ((scalar, aux), dense gradients), zeros where unconnected."""
    nested = torch.is_grad_enabled()                                    # within another one, which differentiates what this gives
    with torch.enable_grad():
        values = [value if nested and value.requires_grad else value.detach().requires_grad_() for value in values]
        value, aux = function(values)
        gradients = torch.autograd.grad(value, values, allow_unused=True, create_graph=nested)
    gradients = [torch.zeros_like(v) if g is None else g for v, g in zip(values, gradients, strict=True)]
    if not nested:
        value, aux = keras.tree.map_structure(torch.Tensor.detach, (value, aux))
    return (value, aux), gradients


def sum_of_squares(arrays: Sequence) -> Any:
    """The sum of the squares of all numbers in some arrays, float32 ()."""
    return sum(ops.sum(ops.square(ops.cast(array, "float32"))) for array in arrays)


def compile_function(function: Callable) -> Callable:
    """A function of arrays; here as it is."""
    return torch.no_grad()(function)


def checkpoint(function: Callable, weights: Sequence, arrays: Sequence, constants: Sequence) -> list:
    """function(weights, arrays, constants) -> list of arrays, computed again for its gradient, which leaves out `constants`."""
    return torch.utils.checkpoint.checkpoint(
        function, weights, arrays, constants, use_reentrant=False, preserve_rng_state=False
    )


def total(array: Any) -> Any:
    """The sum over the devices that share a batch: there is one."""
    return array


def serves_any_length(model: keras.Model, jit: bool) -> bool:
    """Whether one compiled step takes batches of every length: nothing is compiled."""
    return True


class StepCompiler(step_compiler.StepCompiler):
    """Functions that run as they are."""

    def read(self, variables: Sequence) -> list:
        return [variable.value.detach().clone() for variable in variables]

    def count_traces(self, function: Callable) -> Callable:
        return function

    def compile(self, function: Callable, any_rows: bool = False) -> Callable:
        return torch.no_grad()(function)  # value_and_gradients switches them on where they are wanted
