"""A model of this library, run again on a script's own symbolic tensors, part by part: embeddings, one block, heads.

The layers are the same objects, so there is one implementation of each family and one set of weights.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from baselines.runtime import functional_graph

BLOCK = re.compile(r"Transformer-(\d+)-")
SHARED_BLOCK = "Transformer-"
"""ALBERT's blocks are one, called several times."""
HEADS = re.compile(r"Pooler|NSP-|MLM-|LM-|Output-(?!Norm)|Decoder-Output-")


class ModelGraph:
    """The nodes of a model in parts.

    model   a functional model of this library
    blocks  their number
    hook    (operation, name, args, kwargs) -> outputs: calls each operation; name is the one before any prefix
    """

    def __init__(self, model: keras.Model, blocks: int, hook: Callable):
        self.model, self.hook = model, hook
        self.names = {}
        self.parts = {"embeddings": [], "heads": [], **{index: [] for index in range(blocks)}}
        shared = []
        seen_block = set()
        for node in functional_graph.nodes(model):
            name = node.operation.name
            self.names[id(node.operation)] = name
            numbered = BLOCK.match(name)
            if numbered:
                self.parts[int(numbered[1])].append(node)
            elif name.startswith(SHARED_BLOCK):
                shared.append(node)
            else:
                behind = any(id(tensor) in seen_block for tensor in node.input_tensors)
                self.parts["heads" if behind or HEADS.match(name) else "embeddings"].append(node)
                if not behind and not HEADS.match(name):
                    continue
            seen_block |= {id(tensor) for tensor in node.outputs}
        for operation in self.operations() + [node.operation for node in shared]:
            operation._inbound_nodes.clear()                            # `layer.output` is to be the script's, not this model's
        size = len(shared) // blocks if blocks else 0
        for index in range(blocks if shared else 0):
            self.parts[index].extend(shared[index * size : (index + 1) * size])

    def operations(self) -> list:
        """The model's operations without inputs, each once."""
        found = {id(node.operation): node.operation for part in self.parts.values() for node in part}
        return list(found.values())

    def start(self, inputs: Mapping[str, Any]) -> dict[int, Any]:
        """The values to begin with: {name of an input: symbolic tensor of a script}."""
        return {id(tensor): inputs[tensor.name] for tensor in self.model.inputs if tensor.name in inputs}

    def run(self, part: Any, values: dict[int, Any]) -> Any:
        """Runs a part, adds its tensors to `values`, and returns what the next part takes."""
        nodes = self.parts[part]
        functional_graph.run(nodes, values, self._call)
        if part == "embeddings" and self.parts.get(0):
            return values[self.stream(0)]
        return values[id(nodes[-1].outputs[0])]

    def stream(self, part: Any) -> int:
        """The id of the tensor of the residual stream that enters a part."""
        return id(self._entry(self.parts[part]))

    def _entry(self, nodes: Sequence) -> Any:
        produced = {id(tensor) for node in nodes for tensor in node.outputs}
        for node in nodes:
            for tensor in node.input_tensors:
                if id(tensor) not in produced:
                    return tensor
        raise ValueError("this part of the model takes nothing from the one before")

    def outputs(self, values: Mapping[int, Any]) -> dict[str, Any]:
        """{name: symbolic tensor} of the model's outputs, as far as they are computed."""
        named = dict(zip(self.model.output_names, self.model.outputs, strict=True))
        structure = getattr(self.model, "_outputs_struct", named)
        return {name: values[id(tensor)] for name, tensor in structure.items() if id(tensor) in values}

    def _call(self, operation, args, kwargs):
        return self.hook(operation, self.names[id(operation)], args, kwargs)
