"""An ONNX graph in onnxruntime. Nothing here needs Keras or TensorFlow."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from baselines.errors import InputError

TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32, "tensor(bool)": np.bool_}


class OnnxSession:
    """Runs a graph: {input: array} -> {output: array}.

    Args:
        path: The .onnx file.
        threads: Threads of one run; 0: as many as there are processors.

    Raises:
        InputError: onnxruntime is not installed, or it refuses the file.
    """

    def __init__(self, path: str | Path, threads: int = 0):
        try:
            import onnxruntime
        except ImportError:
            raise InputError(
                "Exported ONNX graphs run in onnxruntime, which is not installed. Run: pip install -r requirements-lite.txt"
            ) from None
        if not Path(path).is_file():
            raise InputError(f"{path} does not exist. Export the run again.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 3
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:                                      # onnxruntime has a class for each reason
            reason = str(error).strip().splitlines()[0]
            raise InputError(f"{path}: onnxruntime refuses the graph: {reason}. Export the run again.") from None
        self.types = {value.name: TYPES[value.type] for value in self._session.get_inputs()}
        self.outputs = [value.name for value in self._session.get_outputs()]

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        feed = {name: np.ascontiguousarray(inputs[name], dtype) for name, dtype in self.types.items()}
        return dict(zip(self.outputs, self._session.run(self.outputs, feed), strict=True))
