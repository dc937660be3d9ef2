"""Keras' own file, for programs that have this library: training can go on from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

GRAPH = "model.keras"


def write(graph: Any, path: Path, opset: int) -> None:
    """Writes the whole model of a Graph to a file."""
    graph.model.save(str(path))


def read(path: Path) -> Callable[[dict], dict]:
    """The graph of the model in the file."""
    import keras

    from baselines.exporting.graph import Graph

    return Graph(keras.models.load_model(str(path), compile=False)).run
