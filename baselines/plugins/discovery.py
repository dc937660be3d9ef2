"""What a folder offers, found by its files: a new task, family, optimizer or trick is a new file, and no list is edited."""

import ast
import importlib
from pathlib import Path

from baselines.errors import InputError, nearest


def offered(folder, *defined):
    """{name: first line of its docstring} of the .py files under `folder` that define all of `defined` at top level.

    Names are paths below the folder without .py; deep/__init__.py is `deep`. Files are read, not imported: importing Keras
    takes seconds.
    """
    found = {}
    for path in Path(folder).rglob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        place = path.relative_to(folder).with_suffix("")
        place = place.parent if place.name == "__init__" else place
        if place.name and set(defined) <= set(_definitions(module)):
            found[place.as_posix()] = (ast.get_docstring(module) or "").partition("\n")[0]
    return dict(sorted(found.items()))


def load(package, name, known, what):
    """The module of an offered name. Raises InputError, which says what was expected, for an unknown one."""
    if name not in known:
        raise InputError(f"{what}: expected one of those that `run.py list` shows. Received: {name!r}. {nearest(name, known)}")
    return importlib.import_module(f"{package}.{name.replace('/', '.')}")


def _definitions(module):
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
