"""The part of a run's model that is exported: from token ids to what decoding reads."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from baselines.errors import InputError
from baselines.losses.contrastive import EMBEDDING
from baselines.runtime import functional_graph

NAMES = {"token_ids": "input_ids", "segment_ids": "token_type_ids"}
"""Inputs that transformers and transformers.js know by other names."""
PATH = ("initial", "steps")
"""Outputs in place of the best path of a label chain: decoding/label_path.py finds it."""

MOST_LABELS = 128
"""Labels of a chain whose steps a graph writes out: 64 KB per token."""


class Graph:
    """The graph from a model's inputs to the outputs that decoding needs. Inputs are int64, and named as in transformers.

    An embedding comes without logits, and a chain of labels as the scores of its first label and of its steps: the loop over tokens
    runs outside of the graph, because formats spell loops differently.

    Args:
        model: Functional model, {name: int32} -> {name: array}.

    Raises:
        InputError: A chain has too many labels.
    """

    def __init__(self, model: keras.Model):
        self.model = model
        outputs = {EMBEDDING: model.output[EMBEDDING]} if EMBEDDING in model.output else dict(model.output)
        self._nodes = functional_graph.needed(functional_graph.nodes(model), outputs.values())
        chains = [node.operation for node in self._nodes if hasattr(node.operation, "path_scores")]
        if chains and chains[0].classes > MOST_LABELS:
            raise InputError(
                f"A chain of {chains[0].classes} labels takes too much memory as one array per token. Export runs of at most "
                f"{MOST_LABELS} labels, or train with another --head."
            )
        self._outputs = {name: outputs[name] for name in ("mask",)} if chains else outputs
        read = {id(tensor) for node in self._nodes for tensor in node.input_tensors}
        self._inputs = {name: tensor for name, tensor in model.input.items() if id(tensor) in read}
        self.features = {NAMES.get(name, name): name for name in self._inputs}
        self.output_names = [*self._outputs, *(PATH if chains else ())]
        used = [variable for node in self._nodes for variable in getattr(node.operation, "variables", ())]
        self.variables = list({id(variable): variable for variable in used}.values())

    @property
    def ranks(self) -> dict[str, int]:
        """{input: its number of dimensions}."""
        return {name: len(self._inputs[feature].shape) for name, feature in self.features.items()}

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """{output: tensor} of {input: int64 tensor}, without dropout."""
        paths = {}

        def call(operation, args, kwargs):
            if hasattr(operation, "path_scores"):
                paths.update(zip(PATH, written_out(*operation.path_scores(*args, **kwargs)), strict=True))
                return dict.fromkeys(operation.output)
            return operation(*args, **kwargs)

        values = {id(self._inputs[feature]): ops.cast(inputs[name], "int32") for name, feature in self.features.items()}
        functional_graph.run(self._nodes, values, call)
        return {name: values[id(tensor)] for name, tensor in self._outputs.items()} | paths

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """As calling it, of arrays."""
        return {name: ops.convert_to_numpy(value) for name, value in self(inputs).items()}


def written_out(initial: Any, steps: Any, expand: Callable) -> tuple[Any, Any]:
    """(initial, steps) of label_path.best_path, from what LabelChain.path_scores returns: steps are float (B, L - 1, C, C)."""
    shape, classes = ops.shape(steps), initial.shape[-1]
    flat = expand(ops.reshape(steps, (-1, *shape[2:])))
    return initial, ops.reshape(flat, (-1, shape[1], classes, classes))
