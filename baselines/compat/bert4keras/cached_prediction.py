"""The KV cache behind `self.last_token(model).predict(…)`: within a search, each call computes only the tokens that are new.

A subclass of AutoRegressiveDecoder gives `predict` the whole text again for each token, and keeps its results: where one call's
rows are rows of the call before with one token more, the cache continues them. Everything else is computed as it was asked for.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from baselines.compat.bert4keras.small_layers import Loss
from baselines.compat.bert4keras.substitutes import TokenMask
from baselines.decoding.decoder_protocol import Prompt
from baselines.generation.cached_decoder import CachedDecoder
from baselines.layers.attention_mask import AttentionMask
from baselines.runtime import functional_graph

BY_POSITION = ("Dense", "Dropout", "Add", "Activation", "Softmax", "LayerNormalization", "Cast", "ReversibleEmbedding", "Embedding")
"""Keras' operations that compute each position by itself."""
ROOM = 64
"""Capacities are multiples of this number, so that few programs are compiled."""


class RawDecoder(CachedDecoder):
    """A CachedDecoder that returns the model's own outputs, be they probabilities or logits, as `whole`."""

    def _scored(self, logits: Any, log_alpha: Any, adjust: dict) -> dict:
        nothing = logits[:, :, :1]
        return {"ids": nothing, "values": nothing, "end": nothing[:, :, 0], "whole": logits}


def cacheable(model: keras.Model) -> keras.Model | None:
    """A model {"token_ids", "segment_ids"} -> {"logits"} with the layers of a script's language model.

    Args:
        model: Its inputs are token ids, and segment ids or nothing.

    Returns:
        None for a graph of which not every layer is known to look at earlier tokens only.
    """
    names = ("token_ids", "segment_ids")[: len(model.inputs)]
    if len(model.inputs) > 2 or len(model.outputs) != 1 or not isinstance(model, keras.Model):
        return None
    nodes = functional_graph.nodes(model)
    output = model.outputs[0]
    for node in reversed(nodes):                                        # a Loss layer hands one of its inputs on
        if node.outputs[0] is output and isinstance(node.operation, Loss) and isinstance(node.operation.output_axis, int):
            output = node.input_tensors[node.operation.output_axis]
    nodes = functional_graph.needed(nodes, [output])
    masks = [node.operation.mask for node in nodes if isinstance(node.operation, AttentionMask)]
    if len(masks) != 1 or masks[0] not in ("causal", "prefix") or not all(_known(node.operation) for node in nodes):
        return None
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    values = {id(tensor): inputs[name] for tensor, name in zip(model.inputs, names, strict=True)}
    counts = {id(node.operation): (node.operation, len(node.operation._inbound_nodes)) for node in nodes}
    try:
        functional_graph.run(nodes, values, _without_token_masks)
        return keras.Model(inputs, {"logits": values[id(output)]})
    finally:
        for operation, count in counts.values():                        # `layer.output` stays the script's
            del operation._inbound_nodes[count:]


def position_limit(model: keras.Model) -> float:
    """How many positions a model has: infinity without a table of them."""
    tables = [layer.weights[0].shape[0] for layer in model.layers if layer.name.endswith("Embedding-Position") and layer.weights]
    return min(tables, default=math.inf)


def _known(operation):
    ours = type(operation).__module__.startswith("baselines.layers.")
    return ours or isinstance(operation, TokenMask) or type(operation).__name__ in BY_POSITION


def _without_token_masks(operation, args, kwargs):
    return args[0][0] if isinstance(operation, TokenMask) else operation(*args, **kwargs)


class CachedPrediction:
    """predict(inputs) of a script's model at the last token, within searches that `begin` and `follow` announce.

    model     the script's model
    computed  computes what the cache cannot: inputs -> outputs
    end_id    of the search
    """

    def __init__(self, model: keras.Model, computed: Callable, end_id: int):
        self.model, self.computed, self.end_id = model, computed, end_id
        self.graph, self.decoders = cacheable(model), {}
        self.active, self.steps = False, 0

    def begin(self, width: int, new_tokens: int) -> None:
        """A search begins: its rows are at most `width`, and it writes at most `new_tokens`."""
        self.width, self.new_tokens, self.before, self.steps = width, new_tokens, None, 0
        self.active = self.graph is not None

    def end(self) -> None:
        """The search is over: weights may change until the next one."""
        self.active = False

    def __call__(self, inputs: Any) -> np.ndarray:
        """The outputs (R, V) behind each row's last token."""
        arrays = [np.asarray(each) for each in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
        found = None
        if self.active and len(arrays) == len(self.graph.inputs) and all(each.ndim == 2 for each in arrays):
            found = self._first(arrays) if self.before is None else self._next(arrays)
        self.active, self.before = found is not None, arrays
        self.steps += self.active
        return self.computed(inputs) if found is None else found

    def _first(self, arrays):
        rows, length = arrays[0].shape
        if rows != 1 or not length or not arrays[0].all() or length + self.new_tokens > position_limit(self.graph):
            return None
        capacity = -(-(length + self.new_tokens) // ROOM) * ROOM
        key = self.width, capacity
        if key not in self.decoders:
            self.decoders[key] = RawDecoder(
                self.graph, self.end_id, num_rows=1, width=self.width, capacity=capacity, max_new_tokens=self.new_tokens
            )
        self.decoder = self.decoders[key]
        self.decoder.free([0])
        token_ids, segment_ids = arrays[0][0].astype(int), (arrays[1] if len(arrays) > 1 else np.zeros_like(arrays[0]))[0]
        prompt = Prompt(tuple(token_ids.tolist()), tuple(segment_ids.astype(int).tolist()), segment=1)
        return self.decoder.prefill([0], [prompt]).whole()[0, :1]

    def _next(self, arrays):
        rows = len(arrays[0])
        parents = self._parents(arrays)
        tokens, segments = arrays[0][:, -1], (arrays[1] if len(arrays) > 1 else np.ones_like(arrays[0]))[:, -1]
        if parents is None or rows > self.width or not tokens.all() or len(set(segments)) > 1:
            return None
        if not segments[0] and self._reads_segments():                  # earlier tokens would see the new one
            return None
        self.decoder.segments[0] = int(segments[0]) if len(arrays) > 1 else 0
        padded = [np.pad(each.astype(int), (0, self.width - rows))[None] for each in (tokens, parents)]
        return self.decoder.step(*padded).whole()[0, :rows]

    def _reads_segments(self):
        return any(isinstance(layer, AttentionMask) and layer.mask == "prefix" for layer in self.graph.layers)

    def _parents(self, arrays):
        """The row of the call before that each row continues; None if one continues none."""
        if arrays[0].shape[1] != self.before[0].shape[1] + 1:
            return None
        same = [(now[:, None, :-1] == before[None]).all(-1) for now, before in zip(arrays, self.before, strict=True)]
        same = np.logical_and.reduce(same)
        return same.argmax(axis=1) if same.any(axis=1).all() else None

