"""Makes `import tasks.…` find the tasks of the user's working folder and the program's own."""

import importlib.abc
import importlib.machinery
import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

from baselines.plugins.locations import task_folders


class TaskFinder(importlib.abc.MetaPathFinder):
    """Merges the folders of tasks into one package `tasks`: a module comes from the first folder that has it.

    Another package of that name, which Python would find without us, keeps its modules.
    """

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The spec of `tasks` or of a module in it; None for other names."""
        if name != "tasks" and not name.startswith("tasks."):
            return None
        folders = task_folders()
        theirs = importlib.machinery.PathFinder.find_spec(name, path)
        if theirs and not any(_is_inside(location, folders) for location in _locations(theirs)):
            return theirs
        candidates = [folder.joinpath(*name.split(".")[1:]) for folder in folders]
        packages = [str(candidate) for candidate in candidates if candidate.is_dir()]
        files = [file for candidate in candidates if (file := _file(candidate))]
        if files:
            loader = _MergedLoader(name, str(files[0]), shadowed=files[1:])
            inside = packages if files[0].name == "__init__.py" else None
            return importlib.util.spec_from_file_location(name, files[0], loader=loader, submodule_search_locations=inside)
        if not packages:
            return None
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = packages
        return spec


class _MergedLoader(importlib.machinery.SourceFileLoader):
    """Adds to a module the names that only a shadowed file of the same name defines.

    So a common.py of the user does not break the program's own tasks.
    """

    def __init__(self, name, path, shadowed):
        super().__init__(name, path)
        self._shadowed = shadowed

    def exec_module(self, module):
        super().exec_module(module)
        for file in self._shadowed:
            other = importlib.util.module_from_spec(importlib.util.spec_from_file_location(module.__name__, file))
            other.__spec__.loader.exec_module(other)
            for name, value in vars(other).items():
                vars(module).setdefault(name, value)


def _file(candidate):
    files = [candidate / "__init__.py", candidate.with_name(f"{candidate.name}.py")]
    return next((file for file in files if file.is_file()), None)


def _locations(spec):
    return [*(spec.submodule_search_locations or ()), *([spec.origin] if spec.has_location else [])]


def _is_inside(location, folders):
    location = Path(location).resolve()
    return any(folder.resolve() in (location, *location.parents) for folder in folders)
