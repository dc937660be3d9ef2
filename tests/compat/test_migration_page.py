"""docs/migration.md and its Chinese version say of every public name of bert4keras 0.11.5 what the modules really have."""

import importlib
import json
import pathlib
import re

import pytest

pytestmark = pytest.mark.keras
ROOT = pathlib.Path(__file__).parents[2]
NAMES = json.loads((ROOT / "tests" / "goldens" / "compat" / "names.json").read_text(encoding="utf-8"))
STATES = {"支持": "supported", "替代": "replaced", "不支持": "refused"}
PAGES = ("docs/migration.md", "docs/zh/migration.md")


def states(page):
    """{module: {name: state}} of a page's tables."""
    found = {}
    for section in re.split(r"^### bert4keras\.", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        module = section.split("\n", 1)[0].strip()
        rows = re.findall(r"^\| (`.+?) \| (\S+) \|", section, flags=re.MULTILINE)
        found[module] = {name: STATES.get(state, state) for names, state in rows for name in re.findall(r"`(\w+)`", names)}
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_name_has_a_state(page):
    assert {module: set(names) for module, names in states(page).items()} == {module: set(names) for module, names in NAMES.items()}


def test_both_pages_say_the_same():
    assert states(PAGES[0]) == states(PAGES[1])


@pytest.mark.parametrize("module", NAMES)
def test_a_module_has_its_names(module):
    ours = importlib.import_module(f"baselines.compat.bert4keras.{module}")
    missing = [name for name, state in states(PAGES[0])[module].items() if state != "refused" and not hasattr(ours, name)]
    assert missing == []
