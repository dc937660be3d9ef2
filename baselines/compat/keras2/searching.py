"""Finding a layer by its name, from a layer or from what one returned."""

from typing import Any

import keras


def search_layer(inputs: Any, name: str, exclude_from: set | None = None) -> keras.layers.Layer | None:
    """The layer of this name in the graph in front of a layer or tensor, in models on the way too; None without one."""
    seen = set() if exclude_from is None else exclude_from
    stack = [inputs if isinstance(inputs, keras.Operation) else inputs._keras_history[0]]
    while stack:
        layer = stack.pop()
        if layer.name == name:
            return layer
        if layer in seen:
            continue
        seen.add(layer)
        inner = [each for each in getattr(layer, "layers", []) if isinstance(layer, keras.Model)]
        found = next((each for each in inner if each.name == name), None)
        if found is not None:
            return found
        for node in layer._inbound_nodes[:1]:
            stack.extend(tensor._keras_history[0] for tensor in reversed(node.input_tensors))
    return None
