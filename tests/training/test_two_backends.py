"""TensorFlow and JAX compute the same weights. JAX does so in a process of its own: Keras has one backend in a process."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import two_backends

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="starts the process of JAX itself")


@pytest.fixture(scope="module")
def of_jax(tmp_path_factory):
    """{"name|path": array}."""
    script, target = Path(two_backends.__file__), tmp_path_factory.mktemp("jax") / "weights.npz"
    paths = os.pathsep.join([str(script.parent), str(script.parent.parent.parent)])
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": paths}
    subprocess.run([sys.executable, script, target], env=environment, check=True, timeout=600)
    return dict(np.load(target))


@pytest.mark.parametrize("name", two_backends.COMPUTED)
def test_backends_agree(of_jax, name):
    run, tolerance = two_backends.COMPUTED[name]
    expected = {path.removeprefix(f"{name}|"): array for path, array in of_jax.items() if path.startswith(f"{name}|")}
    found = run()
    assert found.keys() == expected.keys() and len(found) > 20
    for path, value in found.items():
        np.testing.assert_allclose(value, expected[path], atol=tolerance, rtol=0, err_msg=path)
