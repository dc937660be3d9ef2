"""No result depends on PYTHONHASHSEED: sets are iterated only where their order cannot be seen."""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SET_METHODS = {"union", "intersection", "difference", "symmetric_difference"}
WITHOUT_ORDER = {"sorted", "set", "frozenset", "any", "all", "len", "min", "max", "fsum"}
"""Functions whose result is the same for every order of what they get."""
ORDER_FREE = {
    ("baselines/retrieval/prefix_index/trie.py", "without"): "nodes are ints and go into a set",
    ("baselines/workflows/vocabulary_pruning.py", "kept_tokens"): "ids go into a set",
}
"""(file, function) whose loop over a set leaves no trace of its order, and why."""


def is_set(node, names):
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("set", "frozenset")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in SET_METHODS
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return is_set(node.left, names) or is_keys(node.left) or is_set(node.right, names)
    return isinstance(node, ast.Name) and node.id in names


def is_keys(node):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "keys"


def sets_of(function):
    """Names that a function binds to sets."""
    names = set()
    for _ in range(2):                                                  # twice: a set may be made of one that is bound later
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    pairs = [(target, node.value)]
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                        pairs = zip(target.elts, node.value.elts, strict=False)
                    names |= {one.id for one, value in pairs if isinstance(one, ast.Name) and is_set(value, names)}
    return names


def loops_over_sets(function):
    """Lines of a function where the order of a set can be seen."""
    names = sets_of(function)
    free = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in WITHOUT_ORDER:
                free |= {id(argument) for argument in node.args}
    for node in ast.walk(function):
        if isinstance(node, ast.For) and is_set(node.iter, names):
            yield node.lineno
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp) and id(node) not in free:
            yield from (node.lineno for part in node.generators if is_set(part.iter, names))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("list", "tuple", "enumerate", "zip", "map", "sum", "iter") and id(node) not in free:
                yield from (node.lineno for argument in node.args if is_set(argument, names))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("join", "extend", "fromkeys"):
            yield from (node.lineno for argument in node.args if is_set(argument, names))
        if isinstance(node, ast.Starred) and is_set(node.value, names):
            yield node.lineno


def test_no_set_is_iterated_where_its_order_can_be_seen():
    found = []
    for path in sorted([*ROOT.glob("baselines/**/*.py"), *ROOT.glob("tasks/**/*.py")]):
        place = path.relative_to(ROOT).as_posix()
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and (place, function.name) not in ORDER_FREE:
                found += [f"{place}:{line}" for line in loops_over_sets(function)]
    assert sorted(set(found)) == []


def test_the_check_sees_what_it_is_for():
    seen = lambda source: len(list(loops_over_sets(ast.parse(source))))  # noqa: E731
    assert seen("a = {1}\nfor x in a: pass") == 1
    assert seen("classes = one.keys() | two.keys()\nscores = [f(name) for name in classes]") == 1
    assert seen("print(', '.join(set(a) - set(b)))") == 1
    assert seen("a = {1}\nsorted(x for x in a)\nsum([1, 2])\n{x for x in a}") == 0


SCORES = """
import numpy as np
from baselines.metrics.f1 import macro_f1
from baselines.metrics.multilabel import multilabel_scores
from baselines.metrics.spans import Entity, span_f1
from baselines.linting.span_ends import check_ends
from baselines.task import Example, Span

rng = np.random.default_rng(0)
names = [f"类{number}" for number in range(97)]
golds, found = ([names[i] for i in rng.integers(97, size=1000)] for _ in range(2))
found = [gold if rng.random() < 0.6 else other for gold, other in zip(golds, found)]
print(macro_f1(golds, found))
sets = lambda: [[names[i] for i in rng.integers(97, size=rng.integers(4))] for _ in range(500)]
print(multilabel_scores(sets(), sets()))
entities = lambda: [[Entity(int(i), int(i) + 1, names[i], "字") for i in rng.integers(97, size=3)] for _ in range(200)]
print(span_f1(entities(), entities()))
text = "".join("abcdefg"[i] for i in rng.integers(7, size=4000))
spans = [(Example(id=n, texts=(text,)), Span(0, int(n), int(n) + 2)) for n in rng.integers(3990, size=900)]
print(check_ends({"train": spans}))
"""


def test_scores_are_the_same_for_every_hash_seed():
    told = set()
    for seed in ("1", "2", "3"):
        command, environment = [sys.executable, "-c", SCORES], os.environ | {"PYTHONHASHSEED": seed}
        told.add(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(told) == 1, told
