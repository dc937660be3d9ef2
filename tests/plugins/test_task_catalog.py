"""Tasks are found by path; listing imports nothing; unknown names get their nearest neighbours."""

import subprocess
import sys

import pytest
from conftest import ROOT

from baselines.errors import InputError
from baselines.plugins import task_catalog


def test_tasks_are_the_files_that_assign_task(tmp_path):
    (tmp_path / "clue").mkdir()
    (tmp_path / "clue" / "tnews.py").write_text('"""TNEWS: titles.\n\nMore."""\nimport nothing_so_named\nTASK = 1\n')
    (tmp_path / "clue" / "common.py").write_text('"""Shared."""\n')
    (tmp_path / "tag.py").write_text("TASK = 2\n")
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "__init__.py").write_text('"""Chat: replies."""\nTASK = 3\n')
    (tmp_path / "chat" / "lccc.py").write_text("TASK = 4\n")
    assert task_catalog.names(tmp_path) == {"chat": "Chat: replies.", "chat/lccc": "", "clue/tnews": "TNEWS: titles.", "tag": ""}


def test_the_tasks_of_this_project_are_listed_with_their_first_lines():
    listed = task_catalog.names()
    clue = {f"clue/{name}" for name in ("afqmc", "cmnli", "csl", "iflytek", "ocnli", "tnews", "wsc")}
    assert {"classify", *clue} <= set(listed)
    assert listed["clue/tnews"].startswith("TNEWS: ")
    assert all(listed.values())


def test_listing_imports_no_backend():
    code = "import sys; from baselines.plugins import task_catalog as catalog; catalog.names(); sys.exit('keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


KNOWN = ["chat/gpt", "clue/csl", "clue/tnews", "few/tnews", "classify"]


@pytest.mark.parametrize("name, full", [
    ("clue/tnews", "clue/tnews"), ("csl", "clue/csl"), ("classify", "classify"), ("tasks/clue/csl.py", "clue/csl"),
    ("tasks/classify/__init__.py", "classify"),
])
def test_names_and_unambiguous_ends(name, full):
    assert task_catalog.resolve(name, KNOWN) == full


@pytest.mark.parametrize("name, part", [
    ("tnews", "ambiguous: clue/tnews, few/tnews."), ("clue/tnew", "Did you mean clue/tnews"),
    ("cls", "Did you mean csl"), ("xyz", "Known: "),
])
def test_other_names_are_told(name, part):
    with pytest.raises(InputError) as raised:
        task_catalog.resolve(name, KNOWN)
    assert part in str(raised.value)


@pytest.mark.keras
def test_find_imports_the_task():
    name, task = task_catalog.find("cmnli")
    assert name == "clue/cmnli" and len(task.labels) == 3
    name, task = task_catalog.find("seq2seq")
    assert name == "seq2seq" and task.head.mask == "prefix"
