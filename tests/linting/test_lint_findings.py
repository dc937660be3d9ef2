"""Shares, limits and verdicts."""

import io
import json

from rich.console import Console

from baselines.linting.findings import ERROR, OK, WARNING, Finding, Limit, Section, Share, judge_shares, locate, worst
from baselines.linting.tables import print_tables, to_json, worst_verdict
from baselines.task import Example


def test_a_share_shows_its_percentage():
    assert [str(Share(*pair)) for pair in ((0, 0), (0, 9), (1, 8), (9, 9), (1, 5000))] == [
        "0", "0", "1 (12.5%)", "9 (100.0%)", "1 (<0.1%)"
    ]  # fmt: skip


def test_a_limit_judges_the_largest_rate():
    limit = Limit(warning=0.1, error=0.5)
    assert [limit.verdict([Share(0, 9), Share(count, 10)]) for count in (1, 2, 5, 6)] == [OK, WARNING, WARNING, ERROR]
    assert limit.verdict([]) == OK and Limit().verdict([Share(1, 1)]) == OK


def test_advice_is_for_what_is_not_ok():
    assert judge_shares("x", {"dev": Share(1, 2)}, Limit(warning=0.6), "Mend it.").advice == ""
    assert judge_shares("x", {"dev": Share(1, 2)}, Limit(warning=0.4), "Mend it.").advice == "Mend it."


def test_the_worst_verdict():
    assert worst([OK, ERROR, WARNING]) == ERROR and worst([]) == OK


def test_place_is_one_short_line():
    shown = locate(Example(3, ("一\n二 " * 100, "三"), origin="a.json:3"))
    assert shown.startswith("a.json:3: 一 二 一") and shown.endswith("…") and "\n" not in shown and len(shown) < 60


SECTIONS = [
    Section("lengths", [
        Finding("a", {"train": Share(1, 4)}, WARNING, "Do it.", ("train:1: [春]",)), Finding("b", {"dev": "x [y]"}),
    ]),
    Section("classes", [Finding("c", {"train": 2}, ERROR)]),
]


def test_tables_show_every_finding_and_where_to_look():
    stream = io.StringIO()
    print_tables(SECTIONS, ["train", "dev"], Console(file=stream))
    shown = stream.getvalue()
    assert "1 (25.0%)" in shown and "x [y]" in shown and "error" in shown
    assert "warning: a. Do it.\n    train:1: [春]\n" in shown
    assert "error: c." in shown


def test_json_keeps_counts():
    report = json.loads(json.dumps(to_json(SECTIONS), ensure_ascii=False))
    first = report[0]["findings"][0]
    assert first["values"] == {"train": {"count": 1, "of": 4, "rate": 0.25}}
    assert first["verdict"] == WARNING and first["where"] == ["train:1: [春]"]
    assert worst_verdict(SECTIONS) == ERROR
