"""The library never names a task: only the verbs in cli/ and the words of OpenAI's API in serving/ look like one."""

import ast
import re

from tests.test_import_rules import ROOT, sources

OWN_WORDS = {"kgclue", "simbert", "seq2seq", "lccc", "csl_title"}
"""Names of tasks that are no other words."""
ALLOWED = {
    "baselines.plugins.moved_modules": {"kgclue", "simbert"},           # where code went, for those who look for the old place
    "baselines.serving.routes.completions": {"seq2seq"},                # what clients read as the kind of a model
}


def test_no_module_of_the_library_has_the_name_of_a_task():
    wrong = []
    for module, (path, _) in sources().items():
        words = set(re.findall(r"[a-z0-9]+(?:_[a-z0-9]+)*", path.read_text(encoding="utf-8")))
        if module.startswith("baselines"):
            wrong += [f"{path.relative_to(ROOT)}: {name}" for name in words & (OWN_WORDS - ALLOWED.get(module, set()))]
    assert sorted(wrong) == []


def test_chat_is_a_value_in_the_server_and_the_command_line_only():
    wrong = []
    for module, (path, tree) in sources().items():
        if module.startswith("baselines") and not module.startswith(("baselines.cli", "baselines.serving")):
            values = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == "chat"]
            wrong += [f"{path.relative_to(ROOT)}:{node.lineno}" for node in values]
    assert wrong == []


def test_no_task_is_found_by_a_name_that_stands_in_the_library():
    """`task_catalog.find` and `load_task` get what the user or a run names."""
    wrong = []
    for module, (path, tree) in sources().items():
        for node in ast.walk(tree) if module.startswith("baselines") else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("task_catalog.find", "load_task", "find_task")):
                wrong += [f"{path}:{node.lineno}" for argument in node.args if isinstance(argument, ast.Constant)]
    assert wrong == []
