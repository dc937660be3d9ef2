"""Tasks by path: tasks/clue/tnews.py is `clue/tnews`, and `tnews` alone while no other ends so; tasks/chat/__init__.py is `chat`.

No list exists.
"""

import importlib
from pathlib import Path

from baselines.errors import InputError, nearest
from baselines.plugins import discovery

FOLDER = Path(__file__).resolve().parents[2] / "tasks"


def names(folder=FOLDER):
    """{task name: first line of its docstring}, sorted, without importing any: files that assign TASK are tasks."""
    return discovery.offered(folder, "TASK")


def resolve(name, known):
    """The full name of a task among `known`. Raises InputError for an unknown or ambiguous one."""
    name = name.removeprefix("tasks/").removesuffix("/__init__.py").removesuffix(".py")
    if name in known:
        return name
    ends = sorted(full for full in known if full.endswith(f"/{name}"))
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise InputError(f"task {name!r}: expected a name that is one task's. Received the end of {', '.join(ends)}.")
    last_parts = {full.rpartition("/")[2]: full for full in known}
    advice = nearest(name, known)
    if not advice.startswith("Did"):
        advice = nearest(name, last_parts)
    raise InputError(f"task {name!r}: there is no such task. {advice} See `run.py list tasks`.")


def find(name):
    """(full name, Task) for a name as the user gives it. Imports the task's file."""
    full = resolve(name, names())
    return full, importlib.import_module(f"tasks.{full.replace('/', '.')}").TASK
