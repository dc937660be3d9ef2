"""What the result of a function depends on besides its arguments: the values it is bound to, and the source files it runs."""

import ast
import functools
import importlib.util
import inspect
import marshal
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

PACKAGES = ("baselines", "tasks")
"""Packages whose modules are followed."""


def source_files(modules: Iterable[str], packages: tuple[str, ...] = PACKAGES) -> list[Path]:
    """The files of modules and of all that they import, directly or through others, within `packages`: sorted paths.

    Imports inside functions count too, for the function may run them; imports for type checkers do not. Modules of other packages
    are leaves, and so are the packages' own __init__, which offer names and run nothing of a stage.
    """
    pending, files = list(modules), {}
    while pending:
        name = pending.pop()
        if name in files:
            continue
        files[name] = _files_of(name)
        if name.split(".")[0] in packages:
            others = [*_parents(name), *(other for file in files[name] for other in _imported(name, file))]
            pending += [other for other in others if other.split(".")[0] in packages and other not in packages]
    return sorted({file for found in files.values() for file in found})


def describe(value: Any, modules: set[str]) -> str:
    """A function, or a value that it is bound to, as a text that is equal for equal ones only.

    Args:
        value: A function, partial, method, callable object, or plain data.
        modules: Takes the names of the modules whose functions and classes are met.
    """
    return _described(value, modules, [])


def _described(value, modules, outer):
    if any(value is one for one in outer):                              # an object that holds itself
        return "…"
    inner = functools.partial(_described, modules=modules, outer=[*outer, value])
    if isinstance(value, np.ndarray):
        return f"array({value.dtype}, {value.shape}, {value.tobytes().hex()})"
    if isinstance(value, dict | types.MappingProxyType):
        return "{" + ", ".join(f"{inner(key)}: {inner(each)}" for key, each in value.items()) + "}"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(inner, value))) + "}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(map(inner, value)) + ")"
    if isinstance(value, functools.partial):
        return f"partial{inner((value.func, value.args, dict(sorted(value.keywords.items()))))}"
    if inspect.ismethod(value):
        return f"method{inner((value.__self__, value.__func__))}"
    if isinstance(value, types.FunctionType):
        modules.add(value.__module__)
        names, cells = value.__code__.co_freevars, value.__closure__ or ()
        bound = {name: cell.cell_contents for name, cell in zip(names, cells, strict=True)}
        code = "" if _files_of(value.__module__) else marshal.dumps(value.__code__).hex()      # typed at a prompt: no file has it
        return f"{value.__module__}.{value.__qualname__}{code}{inner(bound)}"
    if isinstance(value, type):
        modules.add(value.__module__)
        return f"{value.__module__}.{value.__qualname__}"
    if type(value).__module__ == "builtins" or not hasattr(value, "__dict__"):
        return repr(value)
    return f"{inner(type(value))}{inner(vars(value))}"


def _imported(name: str, file: Path) -> Iterator[str]:
    """Modules that a module imports; of `from a import b` both a and, where it is a module, a.b."""
    yield from _imports(name, file.stem == "__init__", file.read_bytes())


@functools.cache
def _imports(name, is_package, source):
    """[modules] of a source, which is parsed once for all splits of a run."""
    return [*_imports_of(ast.parse(source), name.split(".") if is_package else name.split(".")[:-1])]


def _imports_of(tree, package):
    skipped = {id(part) for node in ast.walk(tree) if _is_for_type_checkers(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*start, *([node.module] if node.module else [])])
            yield whole
            yield from (f"{whole}.{alias.name}" for alias in node.names)


def _is_for_type_checkers(node):
    test = node.test if isinstance(node, ast.If) else None
    return getattr(test, "attr", getattr(test, "id", None)) == "TYPE_CHECKING"      # typing's, by itself or as its attribute


def _parents(name):
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _files_of(name: str) -> list[Path]:
    """The source files of a module, found without importing it; several where a user's task shadows one of ours."""
    first, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(first)
    except (ImportError, ValueError):                                   # such as __main__ at a prompt
        return []
    if spec is None:
        return []
    places = [Path(place, *rest) for place in spec.submodule_search_locations or ()]
    files = [file for place in places for file in (place / "__init__.py", place.with_suffix(".py"))]
    if not rest:
        files = [Path(spec.origin)] if spec.origin and spec.origin.endswith(".py") else []
    return [file for file in files if file.is_file()]
