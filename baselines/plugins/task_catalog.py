"""Tasks by path: tasks/clue/tnews.py is `clue/tnews`, and `tnews` alone while no other ends so; tasks/chat/__init__.py is `chat`.

No list exists. The tasks/ of the user's working folder comes first, the program's own are beside it.
"""

import functools
import importlib
import logging

from baselines.errors import InputError, nearest
from baselines.plugins import discovery
from baselines.plugins.locations import task_folders

log = logging.getLogger(__name__)


def names(*folders):
    """The tasks that there are, found without importing any: files that assign TASK are tasks.

    Args:
        *folders: Paths, the most important first. Default: `task_folders()`.

    Returns:
        dict: task name -> first line of its docstring, sorted by name.
    """
    found = {}
    for folder in folders or task_folders():
        found = discovery.offered(folder, "TASK") | found
    return dict(sorted(found.items()))


def resolve(name, known):
    """The full name of a task.

    Args:
        name: str as a user types it: `clue/tnews`, `tnews` or `tasks/clue/tnews.py`.
        known: full names.

    Raises:
        InputError: the name is unknown, or the end of several.
    """
    name = name.removeprefix("tasks/").removesuffix("/__init__.py").removesuffix(".py")
    if name in known:
        return name
    ends = sorted(full for full in known if full.endswith(f"/{name}"))
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise InputError(f"task {name!r} is ambiguous: {', '.join(ends)}. Type one of these names in full.")
    last_parts = {full.rpartition("/")[2]: full for full in known}
    advice = nearest(name, known)
    if not advice.startswith("Did"):
        advice = nearest(name, last_parts)
    raise InputError(f"task {name!r}: there is no such task. {advice} See `run.py list tasks`.")


def find(name):
    """Imports a task.

    Args:
        name: str as a user types it.

    Returns:
        (full name, Task).

    Raises:
        InputError: the name is unknown, or the end of several.
    """
    full = resolve(name, names())
    _report_replaced(full, *task_folders())
    return full, importlib.import_module(f"tasks.{full.replace('/', '.')}").TASK


@functools.cache
def _report_replaced(name, *folders):
    """Says, once, that a task of the user's replaces one of the same name."""
    if sum(name in discovery.offered(folder, "TASK") for folder in folders) > 1:
        log.warning("%s: the task in %s is used, not the embedded one of the same name.", name, folders[0])


def load_task(name):
    """The Task of a name, such as "clue/tnews"; see `find`."""
    return find(name)[1]
