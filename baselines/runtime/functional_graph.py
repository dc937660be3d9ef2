"""The graph of a functional Keras model, to be run node by node in another way than Keras does.

Keras keeps it to itself: this is all that reaches into its private parts (Function._nodes_by_depth, Node.arguments.fill_in and
Layer._call_context_args, as of Keras 3.15).
"""

import keras


def nodes(model):
    """The nodes of a model's graph, inputs left out, in an order in which they can run."""
    by_depth = model._nodes_by_depth
    found = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    return [node for node in found if node.operation and not node.is_input]


def needed(nodes, tensors):
    """Those of `nodes` that some of the symbolic `tensors` depend on, in the same order."""
    wanted, found = {id(tensor) for tensor in tensors}, []
    for node in reversed(nodes):
        if any(id(tensor) in wanted for tensor in node.outputs):
            found.append(node)
            wanted |= {id(tensor) for tensor in node.input_tensors}
    return found[::-1]


def has_mode(operation):
    """Does it take `training`?"""
    return "training" in getattr(operation, "_call_context_args", ())


def run(nodes, values, call):
    """Adds the outputs of `nodes` to `values` {id of symbolic tensor: array}.

    call   (operation, args, kwargs) -> its outputs; `training` is not among kwargs
    """
    for node in nodes:
        args, kwargs = node.arguments.fill_in(values)
        kwargs = {name: value for name, value in kwargs.items() if name != "training"}
        found = call(node.operation, args, kwargs)
        values.update(zip(map(id, node.outputs), keras.tree.flatten(found), strict=True))
