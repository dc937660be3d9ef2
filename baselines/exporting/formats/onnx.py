"""ONNX, for onnxruntime on servers, phones and in browsers. The layout of the folder is that of transformers.js."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

GRAPH = "onnx/model.onnx"


def write(graph: Any, path: Path, opset: int) -> None:
    """Writes the graph of a Graph to a file."""
    from baselines.exporting import onnx_conversion

    dimensions = {1: ("batch",), 2: ("batch", "length"), 3: ("batch", "choices", "length")}
    inputs = {name: ("int64", dimensions[rank]) for name, rank in graph.ranks.items()}
    onnx_conversion.save(onnx_conversion.convert(graph, inputs, graph.variables, opset), path)


def read(path: Path) -> Callable[[dict], dict]:
    """The graph in onnxruntime."""
    from baselines.exporting.onnx_session import OnnxSession

    return OnnxSession(path)
