"""The cache of compiled programs: where it is, what is refused in one line, what is removed, and that a second process uses it."""

import os
import subprocess
import sys

import pytest

from baselines.runtime import compile_cache, processor

VARIABLES = (compile_cache.VARIABLE, compile_cache.JAX_FOLDER, compile_cache.JAX_SECONDS, "TF_XLA_FLAGS", "XDG_CACHE_HOME")


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, "")                                    # so that what is set below goes back
        monkeypatch.delenv(name)


def test_where_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compile_cache.cache_folder() == tmp_path / "baselines" / "compiled"
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path / "mine"))
    folder = compile_cache.use_compile_cache("jax")
    assert folder.parent == tmp_path / "mine" and os.environ[compile_cache.JAX_FOLDER] == str(folder)
    folder = compile_cache.use_compile_cache("tensorflow")
    assert f"--tf_xla_persistent_cache_directory={folder} " in os.environ["TF_XLA_FLAGS"]
    assert compile_cache.use_compile_cache("torch") is None


def test_off_and_the_users_own_settings_stay(monkeypatch, tmp_path):
    monkeypatch.setenv(compile_cache.VARIABLE, "off")
    assert compile_cache.use_compile_cache("jax") is None and compile_cache.JAX_FOLDER not in os.environ
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    monkeypatch.setenv(compile_cache.JAX_FOLDER, "/own")
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory=/own")
    assert compile_cache.use_compile_cache("jax") is None and os.environ[compile_cache.JAX_FOLDER] == "/own"
    assert compile_cache.use_compile_cache("tensorflow") is None and not list(tmp_path.iterdir())


def test_another_processor_or_other_flags_have_another_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    first = compile_cache.use_compile_cache("tensorflow")
    monkeypatch.delenv("TF_XLA_FLAGS")
    monkeypatch.setattr(processor, "features", lambda: frozenset(["avx512_next"]))
    second = compile_cache.use_compile_cache("tensorflow")
    monkeypatch.delenv("TF_XLA_FLAGS")
    monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=1")
    assert len({first, second, compile_cache.use_compile_cache("tensorflow")}) == 3


def test_a_folder_that_cannot_be_used_is_one_note(monkeypatch, tmp_path, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path / "file" / "inside"))
    assert compile_cache.use_compile_cache("jax") is None
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    monkeypatch.setattr(compile_cache, "ROOM", 2**80)
    assert compile_cache.use_compile_cache("jax") is None
    reasons = [record.getMessage() for record in caplog.records]
    assert len(reasons) == 2 and "Not a directory" in reasons[0] and "no space left" in reasons[1]
    assert compile_cache.JAX_FOLDER not in os.environ


def test_the_oldest_programs_go_first(monkeypatch, tmp_path):
    monkeypatch.setenv(compile_cache.VARIABLE, str(tmp_path))
    monkeypatch.setattr(compile_cache, "LIMIT", 250)
    (tmp_path / "jax-other").mkdir()
    for age in range(4):
        path = tmp_path / "jax-other" / f"program-{age}"
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))
    compile_cache.use_compile_cache("jax")
    assert sorted(path.name for path in (tmp_path / "jax-other").iterdir()) == ["program-0", "program-1"]


PROGRAM = """
import sys
from baselines.cli.startup import start_backend
start_backend()
import tensorflow as tf
step = tf.function(lambda x: tf.nn.softmax(tf.matmul(x, x)), jit_compile=True)
print(float(tf.reduce_sum(step(tf.ones((8, 8))))))
"""


@pytest.mark.keras
@pytest.mark.skipif(os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow", reason="TensorFlow's cache; JAX tests its own")
def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    environment = {**os.environ, compile_cache.VARIABLE: str(tmp_path), "KERAS_BACKEND": "tensorflow"}
    kept = []
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
        assert float(done.stdout) == pytest.approx(8)
        kept.append({path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pb")})
    assert len(kept[0]) == 1 and kept[0] == kept[1]
