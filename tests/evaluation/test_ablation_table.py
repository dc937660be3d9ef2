"""The table of variants: means, paired differences and their intervals by hand, seeds that are missing, files."""

import csv
import math

import pytest

from baselines.evaluation.ablation_table import Result, format_table, rows_of, verdict_of, write_tables

GIB = 2**30


def results(variant, scores, step_seconds=0.04, peak_memory=GIB, first=42):
    return [Result(variant, first + number, score, step_seconds, peak_memory) for number, score in enumerate(scores)]


PLAIN = results("none", [0.50, 0.60, 0.55])
BETTER = results("fgm", [0.53, 0.63, 0.59], step_seconds=0.08, peak_memory=2 * GIB)
NOISY = results("r_drop", [0.60, 0.50, 0.58])


def test_means_and_differences_at_the_same_seed():
    none, fgm, r_drop = rows_of(["none", "fgm", "r_drop"], PLAIN + BETTER + NOISY)
    assert none.mean == pytest.approx(0.55) and none.std == pytest.approx(0.05)
    assert none.change is none.times_none is None and none.verdict == "-"
    assert fgm.change == pytest.approx(0.1 / 3) and fgm.times_none == pytest.approx(2)
    deviation = math.sqrt(((0.03 - 0.1 / 3) ** 2 * 2 + (0.04 - 0.1 / 3) ** 2) / 2)
    assert fgm.change_95 == pytest.approx(4.302653 * deviation / math.sqrt(3), rel=1e-5)    # t of 2 degrees, from a table
    assert fgm.verdict == "better" and r_drop.verdict == "within noise"
    assert fgm.peak_memory == 2 * GIB


def test_only_seeds_that_both_have_are_paired():
    _, late = rows_of(["none", "late"], PLAIN + results("late", [0.70, 0.65], first=43))
    assert late.change == pytest.approx(0.1) and len(late.scores) == 2
    _, elsewhere = rows_of(["none", "elsewhere"], PLAIN + results("elsewhere", [0.7], first=1))
    assert elsewhere.change is None and elsewhere.verdict == "too few seeds"


def test_one_seed_and_no_plain_run_and_failures():
    none, one = rows_of(["none", "one"], results("none", [0.5]) + results("one", [0.6]))
    assert none.std is None and one.change == pytest.approx(0.1) and one.change_95 is None and one.verdict == "too few seeds"
    (alone,) = rows_of(["fgm"], BETTER)
    assert alone.change is None and alone.verdict == "-" and alone.mean == pytest.approx(0.5833333)
    none, failed = rows_of(["none", "bad"], PLAIN, [("bad", 42), ("bad", 43)])
    assert failed.mean is None and failed.failed == 2
    assert "0, 2 failed" in format_table([none, failed], "accuracy")


@pytest.mark.parametrize("change, interval, verdict", [
    (0.01, 0.02, "within noise"), (-0.03, 0.02, "worse"), (0.03, 0.02, "better"), (0.0, 0.0, "within noise"),
    (0.01, None, "too few seeds"), (None, None, "too few seeds"),
])  # fmt: skip
def test_verdicts(change, interval, verdict):
    assert verdict_of(change, interval) == verdict


@pytest.mark.parametrize("variants", [["none", "fgm", "r_drop", "bad"], ["fgm"]])
def test_files(tmp_path, variants):
    rows = rows_of(variants, PLAIN + BETTER + NOISY, [("bad", 42)] * ("bad" in variants))
    text = write_tables(tmp_path, rows, "macro_f1")
    assert text == (tmp_path / "ablation.txt").read_text(encoding="utf-8")
    assert "macro_f1" in text and "80.0" in text and "2.00 GiB" in text
    with open(tmp_path / "ablation.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["variant"] for line in table] == variants
    fgm = next(line for line in table if line["variant"] == "fgm")
    assert [float(score) for score in fgm["scores"].split()] == [0.53, 0.63, 0.59]
    assert float(fgm["step_seconds"]) == 0.08 and int(fgm["peak_memory"]) == 2 * GIB and fgm["metric"] == "macro_f1"
    assert (tmp_path / "ablation.png").read_bytes().startswith(b"\x89PNG")
