"""The graph of a functional Keras model, run node by node in our own way.

The graph is private in Keras. Only this module uses Keras' private names (Function._nodes_by_depth, Node.arguments.fill_in and
Layer._call_context_args, as of Keras 3.15).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras


def nodes(model: keras.Model) -> list:
    """The nodes of a model's graph without inputs, in an order in which they can run."""
    by_depth = model._nodes_by_depth
    ordered = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    return [node for node in ordered if node.operation and not node.is_input]


def needed(nodes: Sequence, tensors: Iterable) -> list:
    """Selects the nodes that symbolic tensors depend on, in the same order."""
    inputs, required = {id(tensor) for tensor in tensors}, []
    for node in reversed(nodes):
        if any(id(tensor) in inputs for tensor in node.outputs):
            required.append(node)
            inputs |= {id(tensor) for tensor in node.input_tensors}
    return required[::-1]


def depending(nodes: Sequence, tensors: Iterable) -> list:
    """Selects the nodes that depend on symbolic tensors, in the same order."""
    reached, found = {id(tensor) for tensor in tensors}, []
    for node in nodes:
        if any(id(tensor) in reached for tensor in node.input_tensors):
            found.append(node)
            reached |= {id(tensor) for tensor in node.outputs}
    return found


def has_mode(operation: Any) -> bool:
    """Whether an operation takes `training`."""
    return "training" in getattr(operation, "_call_context_args", ())


def run(nodes: Sequence, values: dict[int, Any], call: Callable) -> None:
    """Runs nodes and adds their outputs to `values`.

    Args:
        nodes: Nodes in an order in which they can run.
        values: {id of a symbolic tensor: array}; holds the inputs.
        call: (operation, args, kwargs) -> outputs; kwargs do not contain `training`.
    """
    for node in nodes:
        args, kwargs = node.arguments.fill_in(values)
        kwargs = {name: value for name, value in kwargs.items() if name != "training"}
        outputs = call(node.operation, args, kwargs)
        values.update(zip(map(id, node.outputs), keras.tree.flatten(outputs), strict=True))
