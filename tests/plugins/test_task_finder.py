"""A tasks/ folder in the working folder: its tasks come first, the program's own stay beside them."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

MINE = '''"""Mine: my own task."""
import dataclasses

from tasks.common import helper
from tasks.clue.common import read_titles
from tasks.clue.tnews import TASK as OTHER

TASK = dataclasses.replace(OTHER, num_texts=helper())
'''
TNEWS = '''"""My TNEWS."""
import dataclasses

from tasks.clue import ocnli

TASK = dataclasses.replace(ocnli.TASK, num_texts=5)
'''


@pytest.fixture
def folder(tmp_path):
    """A working folder with tasks/mine.py, tasks/common.py and tasks/clue/tnews.py, the latter two under names of ours."""
    (tmp_path / "tasks" / "clue").mkdir(parents=True)
    (tmp_path / "tasks" / "mine.py").write_text(MINE.replace("read_titles", "__doc__ as read_titles"), encoding="utf-8")
    (tmp_path / "tasks" / "common.py").write_text("def helper():\n    return 7\n", encoding="utf-8")
    (tmp_path / "tasks" / "clue" / "tnews.py").write_text(TNEWS, encoding="utf-8")
    return tmp_path


def python(code, folder):
    """What a script prints, run in `folder` with this checkout on the path."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", f"import baselines\n{code}"], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )


def test_tasks_of_both_folders_are_listed_and_the_users_win(folder):
    code = "from baselines.plugins import task_catalog as c; n = c.names(); print(n['mine'], n['clue/tnews'], len(n))"
    mine, tnews, count = python(code, folder).stdout.replace("Mine: my own task.", "MINE").replace("My TNEWS.", "TNEWS").split()
    assert (mine, tnews) == ("MINE", "TNEWS") and int(count) > 15


def test_a_name_clash_is_told_in_one_line_and_ours_stay_reachable(folder):
    code = "print([baselines.load_task(name).num_texts for name in ('clue/tnews', 'mine', 'clue/ocnli', 'read', 'clue/tnews')])"
    result = python(code, folder)
    assert result.stdout == "[5, 7, 2, 2, 5]\n"                          # read needs what our tasks/common.py defines
    (line,) = result.stderr.splitlines()
    assert line == f"clue/tnews: the task in {folder / 'tasks'} is used, not the embedded one of the same name."


def test_another_package_named_tasks_keeps_its_modules(tmp_path):
    (tmp_path / "elsewhere" / "tasks").mkdir(parents=True)
    (tmp_path / "elsewhere" / "tasks" / "__init__.py").write_text("")
    (tmp_path / "elsewhere" / "tasks" / "jobs.py").write_text("NAME = 'theirs'\n")
    code = f"import sys; sys.path[:] = [{str(tmp_path / 'elsewhere')!r}, *(p for p in sys.path if p)]; from tasks import jobs\n"
    result = python(f"{code}print(jobs.NAME, baselines.load_task('clue/ocnli').num_texts)", tmp_path)
    assert result.stdout == "theirs 2\n"
