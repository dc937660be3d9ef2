"""Packages that Keras imports only because they are installed stay out of a process, and can still be imported later."""

import json
import os
import subprocess
import sys

import pytest
from conftest import ROOT

from baselines.runtime.lean_imports import OPTIONAL, without_packages

STARTED = """
import json, os, sys
from baselines.cli.startup import start_backend
start_backend()
loaded = [name for name in sys.argv[1:] if name in sys.modules]
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
