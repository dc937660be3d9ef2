"""`run.py script`: arguments, tracebacks of the script's own, one line for what cannot be supported."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.keras
ROOT = Path(__file__).parents[2]
CASES = {
    "arguments": ("import sys, sibling\nprint(sys.argv[1:], __name__, sibling.NAME)", 0, "['--epochs', '3'] __main__ there"),
    "syntax": ("import sys\nprint(1\n", 1, "SyntaxError"),
    "own_error": ("def f():\n    raise KeyError('mine')\nf()", 1, "KeyError: 'mine'"),
    "missing_package": ("import no_such_package", 1, "ModuleNotFoundError: No module named 'no_such_package'"),
    "contrib": ("import tensorflow as tf\ntf.contrib.layers", 1, "tf.contrib ended with TensorFlow 1"),
    "session": ("from bert4keras.backend import K\nK.get_session()", 2, "session.py:2: K.get_session() cannot work on Keras 3. "),
    "tf_session": ("import tensorflow as tf\ntf.Session()", 1, "Sessions and graphs ended with TensorFlow 1"),
    "exit": ("import sys\nsys.exit(5)", 5, ""),
    "multi_gpu": ("from keras.utils import multi_gpu_model\nmulti_gpu_model(None, 2)", 2, "--devices all"),
    "variable_mapping": (
        "from bert4keras.models import BERT\nclass Mine(BERT):\n    def variable_mapping(self):\n        return {}\n"
        "Mine.__new__(Mine).load_weights_from_checkpoint('x')", 2, "variable_mapping of Mine cannot work on Keras 3. Rename",
    ),
    "modules": (
        "import bert4keras, keras, keras.backend as B\nfrom bert4keras.backend import K, keras as k\n"
        "from bert4keras.layers import Dense, Loss\nimport keras.layers as L\n"
        "print(k is keras, B is K, Dense is L.Dense, bert4keras.__version__)", 0, "True True True 0.11.5",
    ),
}  # fmt: skip
RUN = """
import contextlib, io, json, sys
from baselines.cli import main
results = {}
for name in sys.argv[2:]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main.main(["script", f"{sys.argv[1]}/{name}.py", "--epochs", "3"])
        except SystemExit as stop:
            code = stop.code
    results[name] = [code, out.getvalue(), err.getvalue()]
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """{case: (exit code, output, errors)}, all of one process."""
    import json

    folder = tmp_path_factory.mktemp("their")
    (folder / "sibling.py").write_text("NAME = 'there'\n")
    for name, (text, _, _) in CASES.items():
        (folder / f"{name}.py").write_text(text)
    done = subprocess.run([sys.executable, "-c", RUN, str(folder), *CASES], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", CASES)
def test_a_script_ends_as_it_should(results, name):
    code, out, err = results[name]
    _, expected, words = CASES[name]
    assert code == expected, err
    assert words in (out if expected == 0 else err)
    assert f"{name}.py runs on Keras 3" in err


@pytest.mark.parametrize("name", ["syntax", "own_error", "missing_package", "contrib"])
def test_a_traceback_is_the_scripts_own(results, name):
    assert "baselines" not in results[name][2].split("a layer over this library.\n", 1)[1]


def test_no_script():
    from baselines.cli import script
    from baselines.errors import InputError

    with pytest.raises(InputError, match="no script is given"):
        script.main([])
