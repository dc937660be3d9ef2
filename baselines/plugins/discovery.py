"""Discovery by files: a new task, family, optimizer or trick is a new file; no list is edited."""

import ast
import importlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from baselines.errors import InputError, excerpt, nearest


def find_modules(folder: str | Path, *defined: str) -> dict[str, str]:
    """Finds the modules that a folder offers. Files are parsed, not imported, because importing Keras takes seconds.

    Args:
        folder: Folder to search, with all folders below it.
        *defined: Names that a file must define at top level to count.

    Returns:
        Name -> first line of the docstring, sorted. A name is a path below the folder without .py; deep/__init__.py is `deep`.
    """
    summaries = {}
    for path in Path(folder).rglob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        module_path = path.relative_to(folder).with_suffix("")
        module_path = module_path.parent if module_path.name == "__init__" else module_path
        if module_path.name and set(defined) <= set(_definitions(module)):
            summaries[module_path.as_posix()] = (ast.get_docstring(module) or "").partition("\n")[0]
    return dict(sorted(summaries.items()))


def load(package: str, name: str, known: Iterable[str], what: str) -> ModuleType:
    """Imports a module that `find_modules` has listed.

    Args:
        package: Package of the folder, such as "baselines.losses".
        name: Name to import.
        known: Names that exist.
        what: Flag or word at the start of messages.

    Raises:
        InputError: The name is unknown.
    """
    if name not in known:
        raise InputError(f"{what}: there is no {excerpt(name)!r}. {nearest(name, known)} See `run.py list`.")
    return importlib.import_module(f"{package}.{name.replace('/', '.')}")


def _definitions(module):
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
