"""Activation recomputation (gradient checkpointing): less memory for one more forward pass. Chen et al., 2016, arXiv:1604.06174.

The paper cuts a chain anywhere; we cut at Transformer blocks and, within them, behind attention and feed-forward, by the names that
bert4keras gives the layers of a flat model: `Transformer-<i>-…`. The last product of a segment is its output, which is stored and
which its gradient does not need: compilers leave it out of the second run, ten of a block's 24 D² multiplications per token. What a
segment draws and changes (dropout seeds) enters and leaves it as arrays, so that its second run repeats the first. Which weights
there are, and where, does not change: checkpoints serve both ways.
"""

import dataclasses
import re
from collections.abc import Callable, Sequence

import keras
from keras import ops

from baselines.errors import InputError
from baselines.runtime import functional_graph

BLOCK = re.compile(r"(Encoder-|Decoder-)?Transformer-(\d+-)?(?=[A-Za-z])")
"""Of ALBERT's blocks, whose layers are shared, the names have no number."""
BRANCH = re.compile(r"(Encoder-|Decoder-)?Transformer-(\d+-)?[A-Za-z]\w*$")
"""Attention and feed-forward themselves; what stands around them has a name that goes on: `-Dropout`, `-Add`, `-Norm`."""


@dataclasses.dataclass(frozen=True)
class Segment:
    """Consecutive nodes of a model's graph: of one block (`name` "Transformer-3-"), or what lies between two (name None).

    inputs, outputs   the symbolic tensors that enter the segment, and those that later segments or the model's outputs need
    """

    name: str | None
    nodes: list
    inputs: list
    outputs: list

    @property
    def layers(self) -> list:
        return list(dict.fromkeys(node.operation for node in self.nodes if isinstance(node.operation, keras.Layer)))


class Recompute:
    """A functional model whose blocks are computed again, a branch at a time, in the backward pass; equal to it in training mode.

    checkpoint   (function, weights, arrays, constants) -> function's list of arrays, differentiable with regard to `weights`
                 and `arrays`, whose inside is not stored: see training/backends

        steps = Steps(model, loss, optimizer, recompute=True)           # the usual way
        outputs = Recompute(model, checkpoint)(features)                # within a StatelessScope: state moves on there

    Raises InputError for a model that has no blocks. Keras' implicit masks (mask_zero) do not enter a block: none here uses them.
    """

    def __init__(self, model: keras.Model, checkpoint: Callable):
        if not has_blocks(model):
            raise InputError(
                f"recompute: the model {model.name} has no layers named Transformer-<i>-…. "
                "Name its blocks so, or turn recompute off."
            )
        self.model, self.checkpoint = model, checkpoint
        self.segments = plan(model)
        models = [layer for layer in model.layers if isinstance(layer, keras.Model) and has_blocks(layer)]
        self.nested = {id(layer): Recompute(layer, checkpoint) for layer in models}

    def __call__(self, features: dict) -> dict:
        if isinstance(features, dict) and isinstance(self.model.input, dict):
            features = {name: features[name] for name in self.model.input}      # rows may have segments that the model lacks
        inputs = zip(keras.tree.flatten(self.model.input), keras.tree.flatten(features), strict=True)
        values = {id(tensor): value for tensor, value in inputs}
        for segment in self.segments:
            if segment.name:
                self._run_block(segment, values)
            else:
                run(segment, values, self.nested)
        return keras.tree.map_structure(lambda tensor: values[id(tensor)], self.model.output)

    def _run_block(self, segment, values):
        trainable = unique(segment.layers, "trainable_variables")
        state = unique(segment.layers, "non_trainable_variables")
        floats = [tensor for tensor in segment.inputs if keras.backend.is_float_dtype(tensor.dtype)]
        others = [tensor for tensor in segment.inputs if not keras.backend.is_float_dtype(tensor.dtype)]

        def block(weights, arrays, constants):
            """[the segment's outputs, then its new state], as a pure function."""
            inner = dict(zip(map(id, [*floats, *others]), [*arrays, *constants[len(state) :]], strict=True))
            current = [*weights, *constants[: len(state)]]
            with keras.StatelessScope(list(zip([*trainable, *state], current, strict=True)), collect_losses=True) as scope:
                run(segment, inner)
            if scope.losses:
                raise ValueError(f"recompute: a layer of {segment.name}* adds a loss, and would add it twice. Move it out.")
            return [inner[id(tensor)] for tensor in segment.outputs] + [scope.get_current_value(v) for v in state]

        arrays = [values[id(tensor)] for tensor in floats]
        constants = [*(variable.value for variable in state), *(values[id(tensor)] for tensor in others)]
        # Seeds wait for the block before, or the compiler would draw the dropout of all blocks at the start, and keep it.
        constants = wait_for(arrays, constants)
        results = self.checkpoint(block, [variable.value for variable in trainable], arrays, constants)
        values.update(zip(map(id, segment.outputs), results[: len(segment.outputs)], strict=True))
        for variable, value in zip(state, results[len(segment.outputs) :], strict=True):
            variable.assign(value)


def wait_for(gradients: Sequence, arrays: Sequence) -> list:
    """`arrays`, made to depend on `gradients`, so that what reads them runs later.

    Otherwise a compiler would merge the second run with the first and store its results, or postpone the gradients of weights
    and store their inputs.
    """
    if not gradients:
        return list(arrays)
    first = (ops.cast(ops.ravel(gradient)[0], "float32") for gradient in gradients)
    zero = ops.stop_gradient(sum(ops.minimum(ops.abs(number), 0.0) for number in first))
    standard = keras.backend.standardize_dtype
    return [array if standard(array.dtype) == "bool" else array + ops.cast(zero, array.dtype) for array in arrays]


def has_blocks(model: keras.Model) -> bool:
    """Also in models within it: a head may call an encoder as a layer."""
    return any(BLOCK.match(layer.name) or isinstance(layer, keras.Model) and has_blocks(layer) for layer in model.layers)


def unique(layers: Sequence, attribute: str) -> list:
    """The variables of several layers, each once."""
    return list({id(v): v for layer in layers for v in getattr(layer, attribute)}.values())


def plan(model: keras.Model) -> list[Segment]:
    """The graph of a functional model as Segments in an order in which they can run."""
    segments, ended = [], True
    for node in decoder_last(blocks_last(functional_graph.nodes(model)), model):
        match = BLOCK.match(node.operation.name)
        name = match and match.group()
        if ended or segments[-1][0] != name:
            segments.append((name, []))
        segments[-1][1].append(node)
        ended = bool(BRANCH.match(node.operation.name))
    planned, needed = [], {id(tensor) for tensor in keras.tree.flatten(model.output)}
    for name, nodes in reversed(segments):
        produced = {id(tensor): tensor for node in nodes for tensor in node.outputs}
        read = {id(tensor): tensor for node in nodes for tensor in node.input_tensors}
        inputs = [tensor for key, tensor in read.items() if key not in produced]
        planned.append(Segment(name, nodes, inputs, [tensor for key, tensor in produced.items() if key in needed]))
        needed |= {id(tensor) for tensor in inputs}
    return planned[::-1]


def blocks_last(nodes: list) -> list:
    """Nodes that wait for no block first: a head's own mask would else be computed amid the last block and cut it in two."""
    after_blocks, first, rest = set(), [], []
    for node in nodes:
        waits = BLOCK.match(node.operation.name) or any(id(tensor) in after_blocks for tensor in node.input_tensors)
        if waits:
            after_blocks |= {id(tensor) for tensor in node.outputs}
        (rest if waits else first).append(node)
    return first + rest


def decoder_last(nodes: list, model: keras.Model) -> list:
    """Nodes of an encoder before those of its decoder, whose first attention would else be computed amid the last encoder block."""
    inputs = model.input if isinstance(model.input, dict) else {}
    targets = [tensor for name, tensor in inputs.items() if name == "decoder_token_ids"]
    decoder = {id(node) for node in functional_graph.depending(nodes, targets)}
    return sorted(nodes, key=lambda node: id(node) in decoder)


def run(segment: Segment, values: dict, nested: dict | None = None) -> None:
    """Adds the outputs of a segment's nodes, in training mode, to `values` {id of symbolic tensor: array}.

    nested   {id of a model that is a layer here: its Recompute}
    """

    def call(operation, args, kwargs):
        if nested and id(operation) in nested:
            return nested[id(operation)](args[0])
        return operation(*args, **kwargs, **({"training": True} if functional_graph.has_mode(operation) else {}))

    functional_graph.run(segment.nodes, values, call)
