"""Blocks of a model, each replaced at random by the blocks of another one that do the same work. Xu et al., 2020, arXiv:2002.02925.

The two models share no layer. Within `replaced`, the last layer of each block returns either the block's own output or that of the
teacher's blocks, which get the same input; gradients flow through both.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import ops

from baselines.errors import InputError
from baselines.runtime import functional_graph


class ReplacedModules:
    """The blocks of a student and, for each, those of its teacher.

    Args:
        student, teacher: Functional models with blocks named `Transformer-<i>-…`, whose hidden states have one width.
        ends: For each block of the student, the number of the teacher's blocks that are done behind it, ascending.

    Raises:
        InputError: A model has no such blocks, or more than hidden states passes from block to block.
    """

    def __init__(self, student: keras.Model, teacher: keras.Model, ends: Sequence[int]):
        blocks = [Block(student, number) for number in range(len(ends))]
        entry = next(node for node in functional_graph.nodes(student) if blocks[0].entry in map(id, node.outputs))
        self.entry, self.exits = entry.operation, [block.nodes[-1].operation for block in blocks]
        theirs = [Block(teacher, number) for number in range(ends[-1])]
        starts = [0, *ends[:-1]]
        self.modules = [theirs[start:end] for start, end in zip(starts, ends, strict=True)]
        self.inputs = dict(teacher.input)
        inside = {id(node) for block in theirs for node in block.nodes}
        needed = [tensor for block in theirs for tensor in block.others]
        outside = [node for node in functional_graph.nodes(teacher) if id(node) not in inside]
        self.before = functional_graph.needed(outside, needed)
        made = {id(tensor) for node in self.before for tensor in node.outputs} | {id(tensor) for tensor in self.inputs.values()}
        if any(id(tensor) not in made for tensor in needed):
            raise InputError("theseus: blocks that pass attention scores on cannot be replaced one by one. Use --by distill.")

    def __len__(self):
        return len(self.modules)

    @contextlib.contextmanager
    def replaced(self, kept: Any, features: dict) -> Iterator[None]:
        """Within, the student's blocks return the teacher's output where `kept`, bool (blocks,), is False."""
        values = {id(tensor): features[name] for name, tensor in self.inputs.items()}
        functional_graph.run(self.before, values, without_dropout)
        current = None

        def enter(call, *arguments, **options):
            nonlocal current
            current = call(*arguments, **options)
            return current

        def leave(number, call, *arguments, **options):
            nonlocal current
            own, taught = call(*arguments, **options), current
            for block in self.modules[number]:
                taught = block.run(taught, values)
            current = ops.where(kept[number], own, ops.cast(taught, own.dtype))
            return current

        hooks = [(self.entry, enter), *((layer, functools.partial(leave, number)) for number, layer in enumerate(self.exits))]
        with contextlib.ExitStack() as stack:
            for layer, hook in hooks:
                stack.enter_context(calling(layer, hook))
            yield


class Block:
    """The nodes of block `number`, from 0, of a model.

    Attributes:
        nodes: In an order in which they can run.
        entry: id of the tensor of hidden states that enters.
        others: The other tensors that enter, such as attention masks.
    """

    def __init__(self, model: keras.Model, number: int):
        prefix = f"Transformer-{number}-"
        self.nodes = [node for node in functional_graph.nodes(model) if node.operation.name.startswith(prefix)]
        if not self.nodes:
            raise InputError(f"theseus: the blocks of {model.name} share their weights or lie in another model. Use --by distill.")
        made = {id(tensor) for node in self.nodes for tensor in node.outputs}
        entering = {id(tensor): tensor for node in self.nodes for tensor in node.input_tensors if id(tensor) not in made}
        width = self.nodes[-1].outputs[0].shape[-1]
        self.entry = next(key for key, tensor in entering.items() if len(tensor.shape) == 3 and tensor.shape[-1] == width)
        self.others = [tensor for key, tensor in entering.items() if key != self.entry]

    def run(self, states: Any, values: dict) -> Any:
        """The block's output for hidden states (B, L, D), without dropout; `values` holds the other tensors."""
        values = values | {self.entry: states}
        functional_graph.run(self.nodes, values, without_dropout)
        return values[id(self.nodes[-1].outputs[0])]


def without_dropout(operation: Any, args: tuple, kwargs: dict) -> Any:
    """A call of an operation outside of training."""
    return operation(*args, **kwargs, **({"training": False} if functional_graph.has_mode(operation) else {}))


@contextlib.contextmanager
def calling(layer: Any, hook: Callable) -> Iterator[None]:
    """Within, a call of the layer is hook(its own call, arguments)."""
    layer.call = functools.partial(hook, layer.call)
    try:
        yield
    finally:
        del layer.call
