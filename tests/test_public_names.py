"""`import baselines`: the public names, imported when they are used; old module paths name the new one."""

import importlib
import os
import subprocess
import sys

import pytest
from conftest import ROOT

import baselines
from baselines.plugins import moved_modules


def test_importing_loads_nothing_heavy():
    """It takes a few hundredths of a second: what is loaded decides, and a clock has no place in a test."""
    code = "import sys, baselines; print(*{'keras', 'tensorflow', 'jax', 'numpy', 'tokenizers', 'tyro', 'rich'} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.keras
@pytest.mark.parametrize("name", [name for name in baselines.__all__ if name != "__version__"])
def test_every_public_name_is_what_its_module_defines(name):
    value = getattr(baselines, name)
    assert value.__name__ == name and value.__module__.startswith("baselines.")
    assert name in dir(baselines)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'TextGenerater'"):
        baselines.TextGenerater  # noqa: B018


@pytest.mark.parametrize("old, new", [
    ("baselines.pipeline", "baselines.workflows.finetuning or baselines.task_models.loading or baselines.data.writers"),
    ("baselines.session", "baselines.task_models.task_model"),
    ("baselines.commands", "baselines.cli"),
    ("baselines.commands.train", "baselines.cli.train"),
    ("baselines.prefix_index.kind", "baselines.retrieval.prefix_index.format"),
    ("baselines.prefix_index.trie", "baselines.retrieval.prefix_index.trie"),
    ("baselines.heads.question_answer", "tasks.kgclue.encoding"),
])  # fmt: skip
def test_an_old_path_names_the_new_one(old, new):
    with pytest.raises(ImportError) as raised:
        importlib.import_module(old)
    assert str(raised.value) == f"{old} has moved. Import {new} instead."


def test_a_module_that_never_was_is_simply_not_found():
    with pytest.raises(ModuleNotFoundError, match="No module named 'baselines.pipelines'"):
        importlib.import_module("baselines.pipelines")


@pytest.mark.parametrize("old", moved_modules.MOVED)
def test_the_new_path_exists_and_the_old_one_does_not(old):
    for new in moved_modules.new_paths(f"baselines.{old}"):
        path = ROOT / new.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), new
    path = ROOT / "baselines" / old.replace(".", "/")
    assert not path.with_suffix(".py").exists() and not (path / "__init__.py").exists()
