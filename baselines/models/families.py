"""The families of this folder, found by file: a family is a module with `build(config, ...)` and `weight_names(config)`."""

import ast
import importlib
import pathlib

from baselines.errors import InputError, nearest

FOLDER = pathlib.Path(__file__).parent


def families():
    """{name: first line of its docstring}. Reads the files without importing them, for that takes seconds."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if {"build", "weight_names"} <= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            found[path.stem] = (ast.get_docstring(tree) or "").split("\n")[0]
    return found


def family(name):
    """The module of a family. Raises InputError for an unknown name."""
    known = families()
    if name not in known:
        raise InputError(f"model: expected a family of models. Received: {name!r}. {nearest(str(name), known)}")
    return importlib.import_module(f"baselines.models.{name}")
