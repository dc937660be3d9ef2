"""What cached rows depend on: a change in any module that a stage runs is seen, a change elsewhere is not."""

import functools
import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from baselines.data.source_files import describe, source_files
from baselines.heads.classification import encode_texts
from baselines.heads.similarity import with_scores
from baselines.plugins import task_catalog
from baselines.task import Labels

ROOT = Path(__file__).resolve().parents[2]


def files_of(stage):
    modules = set()
    describe(stage, modules)
    return {path.relative_to(ROOT).as_posix() for path in source_files(modules)}


def test_the_files_of_a_stage_are_those_that_it_imports_through_others_too():
    files = files_of(task_catalog.find("kgclue")[1].encode)
    assert {"tasks/kgclue/encoding.py", "baselines/retrieval/prefix_index/names.py", "baselines/errors.py"} <= files
    assert not any(file.startswith(("tasks/clue", "baselines/training", "baselines/serving")) for file in files)


def test_a_stage_that_is_a_closure_has_the_files_of_what_it_holds():
    files = files_of(task_catalog.find("clue/tnews")[1].encode)
    assert {"baselines/heads/classification.py", "baselines/task/example.py"} <= files
    assert not any(file.startswith("baselines/retrieval") for file in files)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of a stage that imports one module plainly, one inside a function, and one for type checkers only."""
    folder = tmp_path / "stagehouse"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "stage.py").write_text(
        "import typing\nfrom stagehouse import direct\nif typing.TYPE_CHECKING:\n    import stagehouse.typed\n\n"
        "def encode(example):\n    from .inside import value\n    return direct, value\n"
    )
    (folder / "direct.py").write_text("from stagehouse.far import x\n")
    for name in ("far", "inside", "typed", "unrelated"):
        (folder / f"{name}.py").write_text("x = value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "stagehouse"]:
        del sys.modules[name]


def test_imports_are_followed_into_functions_but_not_for_type_checkers(package):
    found = {path.stem for path in source_files(["stagehouse.stage"], ("stagehouse",))}
    assert found == {"stage", "direct", "far", "inside"}
    assert [path.name for path in source_files(["stagehouse.stage"], ("other",))] == ["stage.py"]


def test_what_a_function_is_bound_to_is_told_apart():
    told = lambda value: describe(value, set())  # noqa: E731
    labels = Labels("a", "b")
    assert told(encode_texts(labels)) == told(encode_texts(Labels("a", "b")))
    others = encode_texts(labels, second_segment=1), encode_texts(Labels("b", "a"))
    assert len({told(encode_texts(labels)), *map(told, others)}) == 3
    assert told(functools.partial(print, order="spm")) != told(functools.partial(print, order="smp"))
    task = task_catalog.find("match")[1]
    assert told(with_scores(task, 0, 5).encode) != told(with_scores(task, 0, 1).encode)
    assert told(np.arange(2000)) != told(np.arange(2000)[::-1])
    assert told({"a", "b", "c"}) == told({"c", "b", "a"})


def test_an_object_that_holds_itself_has_an_end():
    values = [1]
    values.append(values)
    assert describe(values, set()) == "(1, …)"


def test_a_function_typed_at_a_prompt_is_known_by_its_code():
    def function(source):
        names = {"__name__": "nowhere"}
        exec(source, names)
        return names["encode"]

    one, other = function("def encode(e): return 1"), function("def encode(e): return 2")
    assert describe(one, set()) != describe(other, set())


def test_a_module_that_is_gone_is_no_file():
    assert source_files(["nowhere.at.all", "json"]) == [Path(importlib.import_module("json").__file__)]
