"""Who imports whom: leaves nobody, stages leaves; only the top joins stages, and a task never imports another one."""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEAVES = {
    "allocator", "array_folder", "backends", "distances", "errors", "files", "folder_lock", "graph", "iteration", "ragged",
    "registry", "settings", "task", "text_files", "tokenizers", "layers", "losses", "metrics", "weights", "decoding",
    "prefix_index", "vector_index", "shuffling",
}  # fmt: skip
BENEATH = {"errors", "files", "array_folder", "folder_lock", "iteration", "ragged", "text_files"}
"""Leaves that the others may import."""
STAGES = {"corpus", "data", "models", "heads", "training", "evaluation", "linting", "export", "serving"}
JOINS = {
    "adjustment", "fitting", "pipeline", "generator", "hosting", "opening", "session", "startup", "demo_index", "answerer",
    "writing", "writing_session", "embedding_session", "lint", "leaderboard", "pretraining", "masked_words",
    "embedder", "vector_file", "indexing", "searcher", "paraphraser", "augmentation",
    "ray_cluster", "ray_data", "vocabulary_trimming",
}  # fmt: skip
TOP = {"catalog", "flags", "inputs", "run_folder", "progress", "environment", "commands", *JOINS}
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


def part(module):
    """"data" of baselines.data.readers.row, "pipeline" of baselines.pipeline, "tasks" of a task."""
    first, *rest = module.split(".")
    return (rest or ["__init__"])[0] if first == "baselines" else first


def may_import(module, other):
    mine, theirs = part(module), part(other)
    if mine == theirs == "tasks":
        beside = module.rpartition(".")[0]
        return other in (beside, f"{beside}.common", f"{module}.common", "tasks.common")
    if mine == theirs or theirs == "__init__":
        return True
    if mine == "tasks":
        return theirs in LEAVES | {"heads"} or other.startswith(("baselines.data.readers", "baselines.data.windows"))
    if mine in LEAVES:
        return theirs in BENEATH | ({"registry", "settings"} if mine == "losses" else set())
    if mine in STAGES:
        return theirs in LEAVES
    if mine in JOINS | {"commands"}:
        return theirs != "tasks"
    if mine == "run":
        return theirs in {"commands", "errors"}
    return theirs in LEAVES | TOP - JOINS - {"commands"}                # catalog, flags, inputs, run_folder, …


def test_every_part_of_the_library_is_a_leaf_a_stage_or_the_top():
    assert {part(module) for module in sources()} - LEAVES - STAGES - TOP <= {"__init__", "tasks", "run"}


def test_imports_follow_the_rules():
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
    assert path.stem not in MEANINGLESS
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_data_folders_hold_no_code():
    assert [path for folder in ("datasets", "checkpoints") for path in (ROOT / folder).rglob("*.py")] == []


def test_importing_only_defines():
    """No module has a call for a statement at its top level."""
    for module, (path, tree) in sources().items():
        calls = [node.lineno for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
        assert calls == [], f"{path}:{calls}: {module} does something on import"
