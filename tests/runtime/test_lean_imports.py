"""Packages that Keras imports only because they are installed stay out of a process, and can still be imported later."""

import gc
import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

from baselines.runtime.lean_imports import OPTIONAL, set_random_seed, without_collections, without_packages

STARTED = """
import gc, json, os, sys
from baselines.cli.startup import start_backend
start_backend()
loaded = [name for name in sys.argv[1:] if name in sys.modules]
assert gc.isenabled()
import keras, matplotlib.pyplot
print(json.dumps([loaded, keras.backend.backend(), float(keras.ops.sum(keras.ops.ones(3)))]))
"""


def test_a_hidden_package_is_as_if_it_were_not_installed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "hidden_here").mkdir()
    (tmp_path / "hidden_here" / "__init__.py").write_text("from . import inside\n")
    (tmp_path / "hidden_here" / "inside.py").write_text("VALUE = 1\n")
    with without_packages(("hidden_here", "json")):
        with pytest.raises(ImportError):
            import hidden_here.inside
        import json as loaded_before
    assert loaded_before is json
    import hidden_here.inside

    assert hidden_here.inside.VALUE == 1


def test_they_can_be_imported_after_an_error():
    with pytest.raises(KeyError), without_packages(("matplotlib_of_nobody",)):
        raise KeyError
    assert "matplotlib_of_nobody" not in sys.modules


@pytest.mark.keras
def test_a_started_backend_has_loaded_none_of_them():
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    command = [sys.executable, "-c", STARTED, *OPTIONAL[backend]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[], backend, 3.0]


def test_garbage_is_looked_for_again_after_an_error():
    with pytest.raises(KeyError), without_collections():
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()
    gc.unfreeze()


@pytest.mark.keras
def test_the_seed_is_that_of_keras():
    import keras

    def drawn(seed):
        seed(7)
        return random.random(), float(np.random.random()), keras.ops.convert_to_numpy(keras.random.normal((3,))).tolist()

    assert drawn(set_random_seed) == drawn(keras.utils.set_random_seed) != drawn(lambda _: set_random_seed(8))


@pytest.mark.keras
def test_a_run_on_jax_does_not_import_tensorflow(tiny_run):
    code = "import sys; from baselines.cli.main import main; main(sys.argv[1:]); print('tensorflow' in sys.modules)"
    command = [sys.executable, "-c", code, "predict", "clue/tnews", "--run", str(tiny_run.run), "球队"]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    prediction, imported = done.stdout.splitlines()
    assert "prediction" in json.loads(prediction) and imported == "False"
