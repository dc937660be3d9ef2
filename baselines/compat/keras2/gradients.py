"""Gradients of a symbolic loss: an operation of the graph that differentiates the graph in front of it."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from baselines.compat.keras2.notices import translated


class Gradients(keras.Operation):
    """The values of a loss's inputs -> the loss's gradients, with respect to variables or to tensors of its graph.

    loss      symbolic, of any shape: its sum is differentiated
    wanted    keras.Variable or symbolic tensors that the loss depends on
    """

    def __init__(self, loss: Any, wanted: Sequence):
        super().__init__()
        self.variables_wanted = [each for each in wanted if isinstance(each, keras.Variable)]
        tensors = [each for each in wanted if not isinstance(each, keras.Variable)]
        self.leaves = _inputs_of(loss)
        self.wanted = list(wanted)
        # Two graphs meet in the tensors: from the leaves to them, and from them and the leaves to the loss.
        self.before = keras.Function(self.leaves, tensors) if tensors else None
        self.behind = keras.Function([*tensors, *self.leaves], loss)
        self.variables = list({id(each): each for each in graph_variables(self.behind)}.values())

    def call(self, leaves: Any) -> Any:
        points = self.before(leaves) if self.before else []
        points = list(points) if isinstance(points, (list, tuple)) else [points]
        values = [variable.value for variable in self.variables_wanted]
        wanted = {id(variable) for variable in self.variables_wanted}
        # A scope hides the one around it, which in a compiled function holds the values of all variables.
        others = [(variable, variable.value) for variable in self.variables if id(variable) not in wanted]
        found = _differentiate(self._loss, self.variables_wanted, values, points, leaves, others)
        by_variable, by_point = iter(found[: len(values)]), iter(found[len(values) :])
        return [next(by_variable if isinstance(each, keras.Variable) else by_point) for each in self.wanted]

    def _loss(self, points, leaves):
        return ops.sum(self.behind([*points, *leaves]))

    def compute_output_spec(self, leaves: Any) -> Any:
        return [keras.KerasTensor(each.shape, each.dtype) for each in self.wanted]


def symbolic_gradients(loss: Any, wanted: Sequence) -> list:
    """Symbolic gradients of a symbolic loss."""
    translated("K.gradients of a symbolic loss", "an operation that differentiates its graph")
    layer = Gradients(loss, wanted)
    found = layer(layer.leaves)
    return list(found)


def _inputs_of(tensor):
    """The inputs that a symbolic tensor depends on."""
    seen, leaves, stack = set(), [], [tensor]
    while stack:
        each = stack.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        operation, index, _ = each._keras_history
        node = operation._inbound_nodes[index]
        if node.is_input:
            leaves.append(each)
        stack.extend(node.input_tensors)
    return leaves[::-1]


def graph_variables(graph: Any) -> list:
    """The variables of a model or function, of models that its operations hold too."""
    found = {}
    for operation in graph.operations:
        held = [getattr(operation, name, None) for name in ("model", "behind", "before")]
        inner = [variable for graph_inside in held if graph_inside for variable in graph_variables(graph_inside)]
        found |= {id(variable): variable for variable in [*getattr(operation, "variables", []), *inner]}
    return list(found.values())


def _differentiate(loss, variables, values, points, leaves, others):
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch([*values, *points])
            with keras.StatelessScope([*zip(variables, values, strict=True), *others], collect_losses=True):
                result = loss(points, leaves)
        found = tape.gradient(result, [*values, *points], unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return [tf.convert_to_tensor(each) for each in found]
    if keras.backend.backend() == "jax":
        import jax

        def total(values, points):
            with keras.StatelessScope([*zip(variables, values, strict=True), *others], collect_losses=True):
                return loss(points, leaves)

        by_value, by_point = jax.grad(total, argnums=(0, 1))(values, points)
        return [*by_value, *by_point]
    raise ImportError(f"K.gradients: no gradients with {keras.backend.backend()}. Use KERAS_BACKEND=tensorflow or jax.")
