"""A Keras function as an ONNX graph, by tf2onnx. Weights become initializers under the paths of their variables.

tf2onnx sees weights as inputs: its passes over constants take minutes for BERT-base, and nothing here needs them.
"""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import onnx
import tensorflow as tf

from baselines.errors import InputError

LARGEST_FILE = 1_900_000_000
"""Bytes that one ONNX file holds; larger graphs keep their weights in a second file."""
WEIGHT = "weight_"


def convert(
    function: Callable, inputs: Mapping[str, tuple], variables: Sequence, opset: int
) -> onnx.ModelProto:
    """An ONNX model.

    Args:
        function: {input: tensor} -> {output: tensor}, of Keras operations on TensorFlow.
        inputs: {name: (dtype, shape)}; a dimension is a number or a name, such as "batch".
        variables: Keras variables that it reads.
        opset: Version of ONNX' operators, 14 to 18.

    Raises:
        InputError: tf2onnx is not installed, or an operation has no form in ONNX.
    """
    tf2onnx = _tf2onnx()
    sizes = {name: [None if isinstance(size, str) else size for size in shape] for name, (_, shape) in inputs.items()}
    signature = [tf.TensorSpec(sizes[name], dtype, name=name) for name, (dtype, _) in inputs.items()]
    weights = [tf.TensorSpec(each.shape, each.dtype, name=f"{WEIGHT}{number}") for number, each in enumerate(variables)]

    @tf.function(input_signature=[*signature, *weights], autograph=False)
    def traced(*values):
        given = dict(zip(inputs, values, strict=False))
        with keras.StatelessScope(list(zip(variables, values[len(inputs) :], strict=True))):
            outputs = function(given)
        return {name: tf.identity(value, name=name) for name, value in outputs.items()}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        proto, _ = tf2onnx.convert.from_function(traced, input_signature=[*signature, *weights], opset=opset)
    _fill_weights(proto.graph, variables)
    for value in proto.graph.input:
        for dimension, size in zip(value.type.tensor_type.shape.dim, inputs[value.name][1], strict=True):
            if isinstance(size, str):
                dimension.dim_param = size
    known = {schema.name for schema in onnx.defs.get_all_schemas()}
    if foreign := sorted({node.op_type for node in proto.graph.node} - known):
        raise InputError(f"This model has no form in ONNX: it lacks {', '.join(foreign)}. Export it with --format savedmodel.")
    return proto


def save(proto: onnx.ModelProto, path: Path) -> None:
    """Writes a model; weights beyond 2 GB go into a file beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    large = proto.ByteSize() > LARGEST_FILE
    onnx.save(proto, path, save_as_external_data=large, **({"location": f"{path.name}_data"} if large else {}))


def _fill_weights(graph, variables):
    """Turns the inputs that stand for weights into initializers."""
    given = {f"{WEIGHT}{number}": variable for number, variable in enumerate(variables)}
    names = {value.name: value.name.partition(":")[0] for value in graph.input}
    renamed = {name: given[short].path for name, short in names.items() if short in given}
    read = {name for node in graph.node for name in node.input}
    for name, path in renamed.items():
        if name in read:
            array = keras.ops.convert_to_numpy(given[names[name]].value)
            graph.initializer.append(onnx.numpy_helper.from_array(np.ascontiguousarray(array), path))
    for node in graph.node:
        for number, name in enumerate(node.input):
            if name in renamed:
                node.input[number] = renamed[name]
    kept = [value for value in graph.input if value.name not in renamed]
    del graph.input[:]
    graph.input.extend(kept)


def _tf2onnx():
    """The module, with operations that it lacks: Erfc, of Keras' exact GELU, and the barrier that generation sets for XLA."""
    try:
        import tf2onnx
        from tf2onnx import handler
    except ImportError:
        raise InputError("tf2onnx is not installed, and it writes ONNX. Run: pip install -r requirements-export.txt") from None
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)      # `convert` says what it cannot write

    @handler.tf_op("Erfc")
    class Erfc:
        """1 - erf(x)."""

        @classmethod
        def version_9(cls, context, node, **_):
            (source,), (output,), name = node.input, node.output, node.name
            dtype = context.get_dtype(output)
            context.remove_node(name)
            one = context.make_const(f"{name}/one", np.array(1, onnx.helper.tensor_dtype_to_np_dtype(dtype))).output[0]
            erf = context.make_node("Erf", [source]).output[0]
            context.make_node("Sub", [one, erf], outputs=[output], name=name)

    @handler.tf_op("XlaOptimizationBarrier")
    class XlaOptimizationBarrier:
        """The same value."""

        @classmethod
        def version_9(cls, context, node, **_):
            node.type = "Identity"

    return tf2onnx
