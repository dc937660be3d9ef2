"""A language model with a KV cache: it computes new tokens only, from the cached keys and values of earlier ones.

It runs the graph of a functional model with the layers' own weights. Any family and any option of the builder works if each layer
that attends to other tokens supports the cache (`with_kv_cache`, `decode_step`).

Of an encoder and a decoder, a prompt runs both, and a step the decoder alone: cross-attention keeps keys and values of the source.
"""

import collections
import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from keras import ops

from baselines.errors import InputError
from baselines.runtime import backends, functional_graph


@dataclasses.dataclass(frozen=True)
class Step:
    """Positions of Q new tokens in each of B rows, and the cache slots that they attend to.

    Args:
        positions: int32 (B, Q), from the start of the text.
        slots: int32 (B, Q), slots for their own keys and values.
        visible: bool (B, Q, S), slots that they attend to, including their own.
        slot_positions: int32 (B, S), positions of the cached tokens; None for families that do not need them.
        source_visible: bool (B, L), which tokens of the source exist; None without an encoder.
    """

    positions: Any
    slots: Any
    visible: Any
    slot_positions: Any = None
    source_visible: Any = None


TARGET = "decoder_token_ids"
"""The input of a decoder beside an encoder."""


class CachedModel:
    """The graph from a model's inputs to logits of the next token, in two ways.

    prefill(features, last) -> logits (B, V) after the token at `last` int32 (B,), kv_cache
    step(features, step, kv_cache) -> logits (B, Q, V) after each new token, the cache with them

    kv_cache is {layer: (keys (R, H, S, K), values (R, H, S, V))}: of a prompt R = B and S = L; a step reads the first B of R rows.
    A layer that the graph uses several times, as ALBERT does, has an entry for each use. Cross-attention has the source's keys and
    values there. Logits are float32.

    Args:
        model: Functional model.
        output: Name of the output with logits.

    Raises:
        ValueError: The model has no such output.
        InputError: A layer cannot cache its keys and values, or no layer attends.
    """

    def __init__(self, model: Any, output: str = "logits"):
        if output not in model.output:
            raise ValueError(f"CachedModel: expected a model with the output {output!r}. Received: {', '.join(model.output)}")
        self.inputs, self.output = model.input, model.output[output]
        nodes = functional_graph.needed(functional_graph.nodes(model), [self.output])
        self.has_encoder = TARGET in self.inputs
        self.step_nodes, self.from_encoder = self._step_nodes(nodes)
        layers = [node.operation for node in self.step_nodes if hasattr(node.operation, "with_kv_cache")]
        uses = Uses()
        self.layers = {uses.key(layer.name): layer for layer in layers}
        unfit = [layer.name for layer in layers if layer.with_kv_cache is None]
        if unfit or not layers:
            what = f"{unfit[0]} cannot" if unfit else "no layer does"
            raise InputError(
                f"CachedModel: expected attention that can cache its keys and values. Received: {what}. Choose another model to "
                "generate text."
            )
        last = max(number for number, node in enumerate(nodes) if hasattr(node.operation, "with_kv_cache"))
        self.until_last_attention, self.afterwards = nodes[: last + 1], nodes[last + 1 :]
        self.variables = unique_variables(node.operation for node in nodes)
        self.needs_slot_positions = any(hasattr(node.operation, "needs_slot_positions") for node in self.step_nodes)

    def kv_cache_shapes(self, rows: int, slots: int, source_slots: int = 0) -> dict:
        """{layer: (shape of keys, shape of values)}."""
        lengths = {name: source_slots if reads_source(layer) else slots for name, layer in self.layers.items()}
        return {
            name: tuple((rows, layer.num_heads, lengths[name], size) for size in (layer.key_size, layer.head_size))
            for name, layer in self.layers.items()
        }

    def dtype(self) -> str:
        """The dtype of keys and values."""
        return next(iter(self.layers.values())).compute_dtype

    def prefill(self, features: dict, last: Any) -> tuple:
        kv_cache, uses = {}, Uses()

        def remember(name, keys, values):
            kv_cache[uses.key(name)] = keys, values
            return keys, values

        def call(operation, args, kwargs):
            if operation.name in self.layers:
                return operation.with_kv_cache(remember, *args, **kwargs)
            return call_operation(operation, args, kwargs)

        values = self._enter(features)
        functional_graph.run(self.until_last_attention, values, call)
        # Later nodes attend to no other token: of a prompt they need the last token only.
        computed = {id(tensor) for node in self.until_last_attention for tensor in node.outputs}
        for tensor in {id(t): t for node in self.afterwards for t in node.input_tensors if id(t) in computed}.values():
            values[id(tensor)] = ops.take_along_axis(values[id(tensor)], last[:, None, None], axis=1)
        functional_graph.run(self.afterwards, values, call)
        return ops.cast(values[id(self.output)], "float32")[:, 0], kv_cache

    def step(self, features: dict, step: Step, kv_cache: dict) -> tuple:
        grown, uses = dict(kv_cache), Uses()
        rows, slots = step.visible.shape[0], step.visible.shape[2]

        def remember(name, keys, values):
            key = uses.key(name)
            if reads_source(self.layers[key]):
                return tuple(cache[:rows, :, : step.source_visible.shape[1]] for cache in kv_cache[key])
            pairs = zip(kv_cache[key], (keys, values), strict=True)
            grown[key] = tuple(write_slots(cache, step.slots, new) for cache, new in pairs)
            return tuple(cache[:rows, :, :slots] for cache in grown[key])

        def call(operation, args, kwargs):
            if hasattr(operation, "with_kv_cache"):
                return operation.with_kv_cache(remember, *args, **kwargs)
            if hasattr(operation, "decode_step"):
                return operation.decode_step(step, *args, **kwargs)
            return call_operation(operation, args, kwargs)

        values = dict.fromkeys(self.from_encoder) | self._enter(features)
        functional_graph.run(self.step_nodes, values, call)
        return ops.cast(values[id(self.output)], "float32"), grown

    def _step_nodes(self, nodes):
        """(The nodes that a step runs, the ids of tensors that they read of the encoder and a step goes without)."""
        if not self.has_encoder:
            masks = (node.operation for node in nodes if hasattr(node.operation, "pad_token_id"))
            self.source_pad_id = next((mask.pad_token_id for mask in masks), 0)
            return nodes, []
        decoder = functional_graph.depending(nodes, [self.inputs[TARGET]])
        read, numbers = {id(tensor) for node in decoder for tensor in node.input_tensors}, {id(node) for node in decoder}
        masks = [node for node in nodes if hasattr(node.operation, "decode_step") and id(node.outputs[0]) in read]
        (mask,) = (node for node in masks if id(node) not in numbers)
        self.source_pad_id = mask.operation.pad_token_id
        run = [node for node in nodes if node is mask or id(node) in numbers]
        made = {id(tensor) for node in run for tensor in node.outputs} | {id(self.inputs[TARGET])}
        return run, [id(tensor) for node in run for tensor in node.input_tensors if id(tensor) not in made]

    def _enter(self, features):
        return {id(tensor): features[name] for name, tensor in self.inputs.items() if name in features}


def reads_source(layer: Any) -> bool:
    """Whether an attention layer attends to the source that an encoder read."""
    return getattr(layer, "attends_to_source", False)


class Uses:
    """Keys of the KV cache: a layer's name, and for its second use in the graph "name:1", and so on."""

    def __init__(self):
        self.counts = collections.Counter()

    def key(self, name: str) -> str:
        count = self.counts[name]
        self.counts[name] += 1
        return f"{name}:{count}" if count else name


def call_operation(operation: Callable, args: tuple, kwargs: dict) -> Any:
    """Calls an operation as the model does."""
    output = operation(*args, **kwargs)
    # XLA on a CPU would compute one row's product with the transposed table together with what follows it, and for that transpose
    # the whole table at every step: 11 ms instead of 1.5 with 21128 x 312.
    return backends.current().optimization_barrier(output) if kwargs.get("reverse") else output


def unique_variables(operations: Iterable) -> list:
    """The variables of operations, each once."""
    return list({id(v): v for operation in operations for v in getattr(operation, "variables", ())}.values())


def write_slots(cache: Any, slots: Any, new: Any) -> Any:
    """Writes new keys or values into slots of a cache.

    Args:
        cache: Cache, float (R, H, S, K).
        slots: int32 (B, Q), slots in the first B rows.
        new: float (B, H, Q, K).

    Returns:
        The cache, float (R, H, S, K).
    """
    batch, heads, queries, size = ops.shape(new)
    indices = ops.stack(
        [
            ops.broadcast_to(ops.arange(batch, dtype="int32")[:, None, None], (batch, heads, queries)),
            ops.broadcast_to(ops.arange(heads, dtype="int32")[None, :, None], (batch, heads, queries)),
            ops.broadcast_to(slots[:, None, :], (batch, heads, queries)),
        ],
        axis=-1,
    )
    return ops.scatter_update(cache, ops.reshape(indices, (-1, 3)), ops.reshape(new, (-1, size)))
