"""Several devices, simulated on the CPU: the same losses and weights as on one, and what is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from baselines.errors import InputError
from baselines.task import Recipe
from baselines.training import devices

pytestmark = pytest.mark.keras
FOLDER = Path(__file__).parent
BACKEND = keras.backend.backend()


@pytest.fixture(scope="module")
def differences(tmp_path_factory):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(FOLDER), str(FOLDER.parent.parent)])}
    command = [sys.executable, FOLDER / "on_devices.py", tmp_path_factory.mktemp("devices")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_several_devices_compute_what_one_computes(differences):
    for name, difference in differences.items():
        if name not in ("bf16", "seeds"):
            assert difference < 2e-5, name


def test_half_precision_differs_by_its_rounding(differences):
    assert differences["bf16"] < 0.05


@pytest.mark.skipif(BACKEND != "tensorflow", reason="JAX draws one mask for the whole batch")
def test_dropout_differs_between_devices(differences):
    assert differences["seeds"] == [[5, 7], [6, 7]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"devices": "1000"}, "--devices 1000: this machine has fewer"),
        ({"devices": "one", "model_parallel": 2}, "--model_parallel: 2 does not divide the 1 devices"),
    ],
)
def test_what_there_is_not_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        devices.spread(Recipe(**changes))
