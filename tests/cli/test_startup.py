"""Starting a backend: what ~/.keras/keras.json says is for other programs."""

import json
import os
import subprocess
import sys

import keras
from conftest import ROOT

from baselines.runtime.progress import Display
from baselines.task import Recipe
from baselines.task_models.loading import prepare_keras

CODE = """
import os
from baselines.cli.startup import start_backend
start_backend()
import keras
print(keras.config.floatx(), keras.config.epsilon(), keras.backend.backend())
print(keras.backend.standardize_dtype(keras.ops.ones(1).dtype), "KERAS_HOME" in os.environ)
"""


def test_keras_json_changes_nothing(tmp_path):
    """Not even values that Keras itself refuses."""
    settings = {"floatx": "bfloat16", "epsilon": 0.1, "backend": "theano", "image_data_format": "channels_first"}
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(json.dumps(settings))
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"} | {"HOME": str(tmp_path)}
    result = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    floatx, epsilon, backend, dtype, has_home = result.stdout.split()
    assert (floatx, float(epsilon), backend, dtype, has_home) == ("float32", 1e-7, "tensorflow", "float32", "False")


def test_floatx_is_float32_for_models_opened_from_python():
    keras.config.set_floatx("float16")
    prepare_keras(Recipe(), Display(quiet=True))
    assert keras.config.floatx() == "float32" and keras.config.dtype_policy().name == "float32"
