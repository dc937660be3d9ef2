"""A model with the outputs of some of its blocks beside its own."""

import keras

from baselines.errors import InputError
from baselines.runtime import functional_graph


def with_block_outputs(model: keras.Model, blocks: dict[str, int]) -> keras.Model:
    """A model of the same layers with further outputs float (B, L, D).

    Args:
        model: Functional, with blocks named `Transformer-<i>-…`, i from 0.
        blocks: {name of the output: number of the block, from 1}.

    Raises:
        InputError: The model has no such blocks, because they share their weights or lie in a model within it.
    """
    outputs = dict(model.output)
    nodes = functional_graph.nodes(model)
    for name, number in blocks.items():
        inside = [node for node in nodes if node.operation.name.startswith(f"Transformer-{number - 1}-")]
        if not inside:
            raise InputError(
                f"{model.name}: the output of block {number} cannot be read, because blocks share their weights or the head reads "
                "several choices at once. Leave hidden states out."
            )
        outputs[name] = inside[-1].outputs[0]
    return keras.Model(model.input, outputs, name=model.name)
