"""docs/architecture.md stays true: its files exist, its walk is one of imports, its tiers are the tested ones."""

import re

from tests.test_import_rules import ROOT, TIERS, edges, folder, parts_of

PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
DISCOVERED = {"baselines.cli.train", "tasks.clue.tnews", "baselines.models.bert"}
"""Modules of the walk that are found by their file, so that nobody imports them by name."""


def modules_of_the_walk():
    paths = re.findall(r"^\d+\. `([^`]+)`:", PAGE, re.MULTILINE)
    return [".".join(parts_of(ROOT / path)) for path in paths]


def test_each_file_of_the_walk_is_imported_by_one_before_it():
    walk, imports = modules_of_the_walk(), set(edges())
    assert len(walk) <= 18 and walk[0] == "run" and DISCOVERED < set(walk)
    for place, module in enumerate(walk[1:], start=1):
        assert module in DISCOVERED or any((earlier, module) in imports for earlier in walk[:place]), module


def test_every_path_on_the_page_exists():
    for path in re.findall(r"`((?:baselines|tasks|tests)/[^`<>]*)`", PAGE):
        assert (ROOT / path).exists(), path


def test_every_folder_of_every_tier_is_in_the_picture():
    picture = PAGE.partition("```mermaid")[2].partition("```")[0]
    assert [name for names in TIERS for name in names if not re.search(rf"\b{name}\b", picture)] == []
    assert folder("baselines.task.head") == "task"
