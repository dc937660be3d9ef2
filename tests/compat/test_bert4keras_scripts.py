"""Scripts in bert4keras' style, unedited: the same losses and texts as under bert4keras 0.11.5 on tf-keras.

Goldens: goldens/compat/make_bert4keras_scripts.py. All scripts run in one process, as `run.py script` runs each.
"""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

pytestmark = [pytest.mark.keras, pytest.mark.slow]
HERE = pathlib.Path(__file__).parent
GOLDENS = json.loads((HERE.parent / "goldens" / "compat" / "goldens.json").read_text(encoding="utf-8"))
TINY = HERE.parent / "goldens" / "compat" / "tiny"
TENSORFLOW_ONLY = ("explanations", "gradient_penalty", "language_model", "similar_texts")
"""The first two differentiate in a layer or a loss function, the others add a metric in a layer."""
RUN = """
import sys
from baselines.cli.startup import start_backend
start_backend()
from baselines.compat import script
from baselines.compat.bert4keras.backend import set_gelu
folder, results, *paths = sys.argv[1:]
for path in paths:
    name = path.rsplit("/", 1)[-1].removesuffix(".py")
    set_gelu("erf")                                                     # a script may have set the other for its own process
    assert script.run(path, [folder, f"{results}/{name}.json"], verbose=True) == 0, name
"""


def names():
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    return [name for name in GOLDENS if backend == "tensorflow" or name not in TENSORFLOW_ONLY]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """{script: what it wrote}, and what was printed."""
    folder = tmp_path_factory.mktemp("scripts")
    paths = [str(HERE / "scripts" / f"{name}.py") for name in names()]
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(TINY), str(folder), *paths], capture_output=True, text=True, check=False,
        cwd=HERE.parents[1],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in names()}, done.stderr


def same(found, expected, where):
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            same(found[key], value, f"{where}/{key}")
    elif isinstance(expected, list) and expected and isinstance(expected[0], list):
        assert len(found) == len(expected)
        for index, value in enumerate(expected):
            same(found[index], value, f"{where}/{index}")
    elif isinstance(expected, list) and any(type(value) is float for value in expected):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4, err_msg=where)
    else:
        assert found == expected, where


@pytest.mark.skipif(os.environ.get("KERAS_BACKEND") != "jax", reason="JAX's limit")
def test_a_metric_of_a_layer_is_refused_on_jax(tmp_path):
    words = [sys.executable, "run.py", "script", str(HERE / "scripts" / "language_model.py"), str(TINY), str(tmp_path / "x.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    assert done.returncode == 2 and "on JAX a layer cannot add to the log" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", names())
def test_a_script_computes_what_it_did_under_bert4keras(results, name):
    same(results[0][name], GOLDENS[name], name)


def test_what_was_translated_is_printed_once(results):
    lines = results[1].splitlines()
    assert sum("runs on Keras 3" in line for line in lines) == len(names())
    assert lines.count("translated: save_weights('x.weights') -> Keras 3's .weights.h5 under that name") == 1
