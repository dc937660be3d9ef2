"""A forward and backward pass, and a strategy's access to it: the last of the three files of a step, see steps.py.

A strategy sees {variable path: array} and a StepContext; a ForwardBackward holds the state that each pass hands to the next.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
from keras import ops

from baselines.layers import random_bits


class StrategyStateView:
    """One strategy's part of the state within an update: a mapping from names to arrays, which can be assigned."""

    def __init__(self, passes: "ForwardBackward", indices: Mapping[str, int], offset: int):
        self._passes, self._indices, self._offset = passes, indices, offset

    def __getitem__(self, name):
        return self._passes.state[self._offset + self._indices[name]]

    def __setitem__(self, name, value):
        self._passes.replace_state(self._offset + self._indices[name], value)

    def __contains__(self, name):
        return name in self._indices


class ForwardBackward:
    """The forward and backward passes of one update.

    Attributes:
        state: list of arrays, the model's non-trainable variables and then those of StrategyState.
        weight, penalty: float32 (), of the last loss: the rows (or tokens) that it is the mean of, and what layers added to it.
        output_perturbation: (layer, array) added to the layer's output in `compute_loss`, or None.
    """

    def __init__(
        self,
        objective: Any,
        state: Sequence,
        batch: dict | None = None,
        scale: Callable = lambda loss: loss,
        training: bool = True,
    ):
        self.objective, self.state, self.batch, self.scale, self.training = objective, list(state), batch, scale, training
        self.weight, self.penalty, self.output_perturbation = ops.zeros(()), ops.zeros(()), None

    def context(self, number: int) -> "StepContext":
        """The StepContext of the strategy of that number."""
        objective = self.objective
        offset = len(objective.model.non_trainable_variables)
        return StepContext(self, StrategyStateView(self, objective.strategy_state.indices[number], offset), objective.paths)

    def replace_state(self, index: int, value: Any) -> None:
        self.state = [*self.state[:index], value, *self.state[index + 1 :]]     # a new list: others may hold the old one

    def forward(self, weights: dict[str, Any], features: dict, training: bool) -> tuple:
        """(outputs, penalties that layers add): one call of the model, whose state moves on."""
        model = self.objective.model
        threaded = model.non_trainable_variables
        variables = [*model.trainable_variables, *threaded]
        values = [*(weights[path] for path in self.objective.paths), *self.state[: len(threaded)]]
        with keras.StatelessScope(list(zip(variables, values, strict=True)), collect_losses=True) as scope:
            outputs = self.objective.call(features, training)
            penalties = [ops.cast(penalty, "float32") for penalty in scope.losses]
        new_state = [scope.get_current_value(variable) for variable in threaded]
        self.state = [*new_state, *self.state[len(threaded) :]]
        return outputs, penalties

    def compute_loss(self, weights: dict[str, Any]) -> tuple:
        """weights {path: array} -> (loss, outputs), in training mode."""
        with perturbed_output(*self.output_perturbation) if self.output_perturbation else contextlib.nullcontext():
            outputs, penalties = self.forward(weights, self.batch["features"], self.training)
        loss, self.weight = self.objective.mean_loss(self.batch, outputs)
        self.penalty = sum(penalties, ops.zeros(()))
        return loss + self.penalty, outputs

    def differentiate(self, function: Callable, arrays: dict[str, Any], by_rows: bool = False) -> tuple:
        """function({name: array}) -> (scalar, aux); returns (scalar, aux, {name: gradient}). State moves on once."""
        before = self.state, self.weight, self.penalty

        def pure(values):
            self.state, self.weight, self.penalty = before
            value, aux = function(dict(zip(arrays, values, strict=True)))
            return value, (aux, self.state, self.weight, self.penalty)

        (value, results), gradients = self.objective.value_and_gradients(pure, list(arrays.values()), by_rows)
        aux, self.state, self.weight, self.penalty = results
        return value, aux, dict(zip(arrays, gradients, strict=True))

    def loss_and_gradients(self, compute_loss: Any, weights: dict[str, Any]) -> tuple:
        """The primitive of all strategies: weights {path: array} -> (loss, {path: gradient of the scaled loss})."""

        def scaled(weights):
            loss, _ = compute_loss(weights)
            return self.scale(loss), loss

        _, loss, gradients = self.differentiate(scaled, weights)
        return loss, gradients

    def random(self, draw: Any, shape: Any) -> Any:
        """Numbers of random_bits from the strategies' generator, whose state moves on."""
        generator = self.objective.strategy_state.generator
        index = len(self.objective.model.non_trainable_variables)
        with keras.StatelessScope([(generator.state, self.state[index])]) as scope:
            numbers = draw(shape, generator)
        self.replace_state(index, scope.get_current_value(generator.state))
        return numbers


@dataclasses.dataclass
class StepContext:
    """A strategy's access to the current update: state, batch, random numbers, further passes.

    Attributes:
        state: {name: array} of `start`; assign to an entry to change it.
        paths: of all trainable weights, in the model's order.
    """

    _passes: ForwardBackward
    state: StrategyStateView
    paths: list[str]

    @property
    def batch(self) -> dict | None:
        """{"features", "targets", "weights"}, and where there is such text "unlabelled", a batch of UnlabelledBatches.

        None outside of the hooks `loss` and `gradients`.
        """
        return self._passes.batch

    @property
    def penalty(self) -> Any:
        """Of the loss that `compute_loss` returned last: the part that the model's layers added to that of the task."""
        return self._passes.penalty

    def normal(self, shape: Any) -> Any:
        """Fresh float32 noise of N(0, 1)."""
        return self._passes.random(random_bits.normal, shape)

    def uniform(self, shape: Any) -> Any:
        """Fresh float32 numbers of [0, 1)."""
        return self._passes.random(random_bits.uniform, shape)

    def predict(self, weights: dict[str, Any], features: dict, training: bool = False) -> dict:
        """Outputs of the model; `training` switches dropout on."""
        return self._passes.forward(weights, features, training)[0]

    def differentiate(self, function: Callable, arrays: dict[str, Any], by_rows: bool = False) -> tuple:
        """Gradients of any function of arrays, unscaled; calls may be nested.

        Args:
            function: {name: array} -> (scalar, aux).
            arrays: {name: array}.
            by_rows: whether they are of the batch's rows (B, …), which devices share, and not like weights, which all have.

        Returns:
            (scalar, aux, {name: gradient}).
        """
        return self._passes.differentiate(function, arrays, by_rows)

    @contextlib.contextmanager
    def perturbed(self, path: str, perturbation: Any) -> Iterator[None]:
        """Within, `compute_loss` adds `perturbation`, as many numbers, to the output of the layer that owns the weight `path`."""
        passes = self._passes
        before, passes.output_perturbation = passes.output_perturbation, (layer_of(passes.objective.model, path), perturbation)
        try:
            yield
        finally:
            passes.output_perturbation = before

    def divergence(self, outputs: Any, others: Any, features: dict) -> Any:
        """KL(outputs || others) of the task's own distributions: float32 (B,). See `divergence` of a head."""
        return self._passes.objective.divergence(outputs, others, features)

    def mean_loss(self, outputs: dict, weights: Any) -> Any:
        """The loss of the batch's outputs as a mean over its rows with such "weights" (B,), without what layers add: float32 ()."""
        return self._passes.objective.mean_loss(self.batch | {"weights": weights}, outputs)[0]

    def row_mean(self, values: Any, weights: dict[str, Any]) -> Any:
        """Mean of (B,) over the real rows of a batch with such "weights"."""
        weights = ops.cast(weights, "float32")
        return self.total(ops.sum(values * weights)) / ops.maximum(self.total(ops.sum(weights)), 1e-6)

    def total(self, array: Any) -> Any:
        """A sum over rows, from the sums of the devices that share them: each sees its own rows of the batch (TensorFlow)."""
        return self._passes.objective.total(array)


def layer_of(model: Any, path: str) -> keras.Layer:
    """The layer that owns the weight of that path, wherever in the model it is."""
    owners = [layer for layer in model._flatten_layers() if path in (weight.path for weight in layer.weights)]
    return min(owners, key=lambda layer: len(layer.weights))            # the innermost one


@contextlib.contextmanager
def perturbed_output(layer: Any, perturbation: Any) -> Iterator[None]:
    """Within, `layer` adds `perturbation`, reshaped, to its output; a tied output layer (reverse=True) does not."""
    call = layer.call

    def perturbed(*inputs, reverse=False):
        if reverse:
            return call(*inputs, reverse=True)
        output = call(*inputs)
        return output + ops.cast(ops.reshape(perturbation, ops.shape(output)), output.dtype)

    layer.call = perturbed
    try:
        yield
    finally:
        del layer.call
