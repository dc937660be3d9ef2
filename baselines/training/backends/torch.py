"""PyTorch: updates run eagerly."""

import keras
import torch

from baselines.training.backends.variable_steps import VariableSteps


def value_and_gradients(function, values):
    """function(list of arrays) -> (scalar, aux). Returns ((scalar, aux), dense gradients), zeros where unconnected."""
    with torch.enable_grad():
        values = [value.detach().requires_grad_() for value in values]
        value, aux = function(values)
        gradients = torch.autograd.grad(value, values, allow_unused=True)
    zeros = (torch.zeros_like(v) if g is None else g for v, g in zip(values, gradients, strict=True))
    return (value.detach(), keras.tree.map_structure(torch.Tensor.detach, aux)), list(zeros)


class BackendSteps(VariableSteps):
    def read(self, variables):
        return [variable.value.detach().clone() for variable in variables]

    def compiled(self, function, jit):
        return torch.no_grad()(function)  # value_and_gradients switches them on where they are wanted
