"""Starts a backend without its log noise, such as TensorFlow's line about the CPU instructions it uses."""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

from baselines.runtime.compile_cache import use_compile_cache
from baselines.runtime.lean_imports import OPTIONAL, without_collections, without_packages
from baselines.runtime.memory_allocator import keep_freed_memory
from baselines.task import Recipe

SMALL_TALK = ("I0000 ", "WARNING: All log messages before absl::InitializeLog()", "To enable the following instructions:")


def start_backend(recipe: Recipe | None = None) -> None:
    """Imports Keras and starts its backend. A verb calls this before it imports modules that need Keras.

    Args:
        recipe: Recipe of a run to train, or None. Training joins the hosts that the environment names (docs/scaling.md) and keeps
            freed memory, unless `recompute` asks for little memory.
    """
    logging.getLogger("tensorflow").addFilter(is_no_retracing)          # each length of a batch is meant to be compiled
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    use_compile_cache(backend)
    with without_small_talk():
        with without_collections(), without_packages(OPTIONAL.get(backend, ())), without_keras_json():
            import keras

        if recipe is not None and not recipe.recompute:
            keep_freed_memory(keras.backend.backend())
        from baselines.training import devices

        if recipe is not None:
            devices.join_hosts()
        keras.ops.zeros(())


@contextlib.contextmanager
def without_keras_json() -> Iterator[None]:
    """Imports Keras with its own defaults, such as float32: ~/.keras/keras.json was written for other programs.

    KERAS_BACKEND still chooses the backend.
    """
    given = os.environ.get("KERAS_HOME")
    os.environ["KERAS_HOME"] = os.devnull                               # there is no file below it, and none can be written
    try:
        yield
    finally:
        del os.environ["KERAS_HOME"]
        if given is not None:
            os.environ["KERAS_HOME"] = given


def is_no_retracing(record: logging.LogRecord) -> bool:
    """Filters TensorFlow's log: False for warnings that a function was compiled for several shapes."""
    return "triggered tf.function retracing" not in record.getMessage()


@contextlib.contextmanager
def without_small_talk() -> Iterator[None]:
    """Holds back what native code writes to standard error, and prints it afterwards without harmless lines."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            held.seek(0)
            for line in held.read().decode("utf-8", "replace").splitlines():
                if not line.startswith(SMALL_TALK):
                    print(line, file=sys.stderr)
