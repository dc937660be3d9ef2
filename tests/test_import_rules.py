"""Who imports whom: a folder imports lower tiers only, never its own tier; a task never imports another one."""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TIERS = (
    {"errors"},
    {"task"},
    {"plugins", "runtime", "storage"},
    {"layers", "losses", "metrics", "tokenizers", "weights", "decoding", "retrieval"},
    {"heads", "prompts", "models", "training", "evaluation", "data", "linting", "corpus", "generation", "experiment"},
    {"exporting"},
    {"task_models"},
    {"inference", "workflows", "compat"},
    {"serving"},
    {"cli"},
)
"""Folders of baselines/ (and its two loose modules), lowest first. docs/architecture.md says what each is for."""
SEEN_BY_TASKS = ("heads", "prompts", "data.readers", "data.windows")
"""Of the tiers above the second, what a task may import."""
BERT4KERAS = "baselines.compat.bert4keras."
"""Modules with names that bert4keras gave them."""
MEANINGLESS = {"utils", "util", "misc", "base", "snippets", "common_utils", "helpers", "manager"}
LONGEST = 300


def parts_of(path):
    """("baselines", "data", "readers", "row") of baselines/data/readers/row.py; a package is its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


@functools.cache
def sources():
    """{module name: (path, ast)} of the library, the tasks and run.py."""
    paths = [*ROOT.glob("baselines/**/*.py"), *ROOT.glob("tasks/**/*.py"), ROOT / "run.py"]
    return {".".join(parts_of(path)): (path, ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(paths)}


def imported(tree, module, is_package):
    """Modules of ours that a module imports, inside functions too; `from a import b` is a.b where that is a module."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if is_package else module.split(".")[:-1]
            start = package[: len(package) - node.level + 1] if node.level else []
            whole = ".".join([*start, *([node.module] if node.module else [])])
            names = [f"{whole}.{alias.name}" if f"{whole}.{alias.name}" in sources() else whole for alias in node.names]
        yield from (name for name in names if name.split(".")[0] in ("baselines", "tasks", "run"))


@functools.cache
def edges():
    """[(importing module, imported module)]."""
    return [
        (module, other)
        for module, (path, tree) in sources().items()
        for other in imported(tree, module, path.name == "__init__.py")
    ]


def folder(module):
    """"data" of baselines.data.readers.row, "task" of baselines.task; "" of baselines, tasks and run.py."""
    first, *rest = module.split(".")
    return rest[0] if first == "baselines" and rest else ""


def tier(name):
    return next(number for number, names in enumerate(TIERS) if name in names)


def is_task(module):
    names = [target for node in sources()[module][1].body if isinstance(node, ast.Assign) for target in node.targets]
    return any(isinstance(name, ast.Name) and name.id == "TASK" for name in names)


def may_import(module, other):
    mine, theirs = folder(module), folder(other)
    if other == "baselines":                                            # its version
        return True
    if module.startswith("tasks"):
        if other.startswith("tasks"):
            package = module if sources()[module][0].name == "__init__.py" else module.rpartition(".")[0]
            return other == "tasks.common" or other.rpartition(".")[0] == package != "tasks" and not is_task(other)
        return tier(theirs) <= tier("layers") or other.startswith(tuple(f"baselines.{name}" for name in SEEN_BY_TASKS))
    if other.startswith("tasks"):
        return False
    if module == "run":
        return other == "baselines.cli.main"
    return not mine or mine == theirs or tier(theirs) < tier(mine)


def test_every_folder_of_the_library_has_a_tier():
    here = {folder(module) for module in sources() if module.startswith("baselines.")}
    assert here == set().union(*TIERS)


def test_a_folder_imports_lower_tiers_only():
    wrong = {f"{module} imports {other}" for module, other in edges() if not may_import(module, other)}
    assert wrong == set(), "\n".join(sorted(wrong))


def test_no_module_imports_itself_through_others():
    graph = {module: {other for one, other in edges() if one == module and other != module} for module in sources()}
    finished, path = set(), []

    def visit(module):
        if module in path:
            raise AssertionError(" -> ".join([*path[path.index(module) :], module]))
        if module not in finished:
            path.append(module)
            for other in graph.get(module, ()):
                visit(other)
            finished.add(path.pop())

    for module in graph:
        visit(module)


@pytest.mark.parametrize("module", sources())
def test_a_module_says_what_it_is_in_a_name_a_line_and_a_length(module):
    path, tree = sources()[module]
    first = (ast.get_docstring(tree) or "").partition("\n")[0]
    assert first.endswith((".", ":", "?", "!")) or ". " in first or "http" in first, f"{path}: line one is {first!r}"
    assert path.stem not in MEANINGLESS or module.startswith(BERT4KERAS)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_data_folders_hold_no_code():
    assert [path for folder in ("datasets", "checkpoints") for path in (ROOT / folder).rglob("*.py")] == []


def test_importing_only_defines():
    """No module has a call for a statement at its top level, but for the package, which says where modules are found."""
    for module, (path, tree) in sources().items():
        if module == "baselines":
            continue
        calls = [node.lineno for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
        assert calls == [], f"{path}:{calls}: {module} does something on import"
