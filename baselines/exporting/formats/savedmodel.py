"""TensorFlow's SavedModel, for TF Serving: the signature "serving_default" takes and returns tensors by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

GRAPH = "model/1"
"""TF Serving serves the folders below a model's that are numbers."""


def write(graph: Any, path: Path, opset: int) -> None:
    """Writes the graph of a Graph as a folder."""
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(graph.model)
    signature = {name: tf.TensorSpec([None] * rank, tf.int64, name=name) for name, rank in graph.ranks.items()}
    archive.add_endpoint("serve", graph, input_signature=[signature])
    archive.write_out(str(path), verbose=False)


def read(path: Path) -> Callable[[dict], dict]:
    """The graph in TensorFlow."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def run(inputs):
        outputs = serve(**{name: tf.constant(value, tf.int64) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in outputs.items()}

    run.loaded = loaded                                                 # its variables live as long as it does
    return run
