"""int8 weights and activations of an ONNX graph, by onnxruntime. A quarter of the size; faster on CPUs with VNNI."""

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError

GRAPH = "onnx/model_quantized.onnx"
"""Its name in the layout of transformers.js."""
KINDS = {"int8": "activations are scaled as they come", "int8_static": "activations are scaled as on rows of dev"}
"""{name in --quantize: what it does}."""


def quantize(source: Path, target: Path, kind: str, rows: Sequence[dict[str, np.ndarray]] = ()) -> None:
    """Writes the graph `source` with int8 products to `target`.

    Args:
        source: An ONNX file.
        target: File to write.
        kind: One of KINDS.
        rows: Batches of inputs that int8_static learns the range of activations from.

    Raises:
        InputError: There are no rows for int8_static.
    """
    from onnxruntime import quantization

    if kind == "int8_static" and not rows:
        raise InputError("--quantize int8_static learns from rows of dev, but there are none. Give --dev FILE, or --quantize int8.")
    with _quiet():
        if kind == "int8":
            quantization.quantize_dynamic(
                str(source), str(target), op_types_to_quantize=["MatMul", "Gather"], per_channel=True,
                weight_type=quantization.QuantType.QInt8,
            )  # fmt: skip
            return
        quantization.quantize_static(
            str(source), str(target), _Rows(rows), quant_format=quantization.QuantFormat.QDQ, op_types_to_quantize=["MatMul"],
            per_channel=True, activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
        )  # fmt: skip


class _Rows:
    """A CalibrationDataReader of batches."""

    def __init__(self, rows):
        self._rows = iter(rows)

    def get_next(self):
        return next(self._rows, None)


@contextlib.contextmanager
def _quiet():
    """Without onnxruntime's advice to optimize the graph first, which it logs for every graph."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
