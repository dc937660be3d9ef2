"""LiteRT (formerly TensorFlow Lite), for phones and small devices."""

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from baselines.errors import InputError
from baselines.exporting.formats import savedmodel

GRAPH = "model.tflite"


def write(graph: Any, path: Path, opset: int) -> None:
    """Writes the graph of a Graph to a file. Raises InputError for an operation that LiteRT lacks."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        savedmodel.write(graph, Path(folder) / "model", opset)
        converter = tf.lite.TFLiteConverter.from_saved_model(f"{folder}/model")
        try:
            content = converter.convert()
        except Exception as error:                                      # the converter raises no narrower class
            reason = str(error).strip().splitlines()[0][:200]
            raise InputError(f"This model has no form in LiteRT: {reason}. Export it with --format onnx.") from None
    path.write_bytes(content)


def read(path: Path) -> Callable[[dict], dict]:
    """The graph in LiteRT's interpreter."""
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)                    # the interpreter moves to a package of its own
        runner = tf.lite.Interpreter(str(path)).get_signature_runner("serving_default")
    return lambda inputs: runner(**{name: value.astype("int64") for name, value in inputs.items()})
