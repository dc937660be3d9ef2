"""Tasks by path: tasks/clue/tnews.py is `clue/tnews`, or `tnews` if no other name ends so; tasks/chat/__init__.py is `chat`.

Tasks come from tasks/ of the user's working folder first, then from the program's own.
"""

import functools
import importlib
import logging
from collections.abc import Iterable
from pathlib import Path

from baselines.errors import InputError, nearest
from baselines.plugins import discovery
from baselines.plugins.locations import task_folders
from baselines.task import Task

log = logging.getLogger(__name__)


def names(*folders: str | Path) -> dict[str, str]:
    """Lists the tasks without importing any: files that assign TASK are tasks.

    Args:
        *folders: Folders of tasks, the most important first. Default: `task_folders()`.

    Returns:
        Task name -> first line of its docstring, sorted by name.
    """
    summaries = {}
    for folder in folders or task_folders():
        summaries = discovery.find_modules(folder, "TASK") | summaries
    return dict(sorted(summaries.items()))


def resolve(name: str, known: Iterable[str]) -> str:
    """Completes the name of a task.

    Args:
        name: As the user types it: `clue/tnews`, `tnews` or `tasks/clue/tnews.py`.
        known: Full names.

    Returns:
        The full name.

    Raises:
        InputError: The name is unknown or ambiguous.
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


def find(name: str) -> tuple[str, Task]:
    """Imports a task.

    Args:
        name: As the user types it.

    Returns:
        (full name, Task).

    Raises:
        InputError: The name is unknown or ambiguous.
    """
    full = resolve(name, names())
    _report_replaced(full, *task_folders())
    return full, importlib.import_module(f"tasks.{full.replace('/', '.')}").TASK


@functools.cache
def _report_replaced(name, *folders):
    """Logs, once, that a task of the user replaces an embedded one of the same name."""
    if sum(name in discovery.find_modules(folder, "TASK") for folder in folders) > 1:
        log.warning("%s: the task in %s is used, not the embedded one of the same name.", name, folders[0])


def load_task(name: str) -> Task:
    """Returns the Task of a name such as "clue/tnews". Raises InputError if the name is unknown or ambiguous."""
    return find(name)[1]
