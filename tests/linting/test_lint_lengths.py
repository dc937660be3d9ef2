"""Lengths in tokens: what is cut, what would fit, what is empty or far too long."""

import pytest
from lint_samples import finding, split, tokenizer

from baselines.linting import lengths
from baselines.linting.findings import ERROR, OK, WARNING, Share

BUCKETS = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768]


def check(*splits, max_length=128, positions=512):
    return lengths.check_lengths(list(splits), tokenizer(), max_length, BUCKETS, positions)


@pytest.mark.parametrize("cut, verdict", [(0, OK), (1, OK), (2, WARNING), (5, WARNING), (6, ERROR)])
def test_the_share_that_is_cut(cut, verdict):
    found = finding(check(split(*"春" * 100, lengths=[200] * cut + [20] * (100 - cut))), "cut at max_length 128")
    assert found.values == {"train": Share(cut, 100)} and found.verdict == verdict
    assert len(found.where) == min(cut, 3)


def test_the_suggestion_is_the_smallest_bucket_that_holds_99_percent():
    one = split(*"春" * 200, lengths=[20] * 199 + [500])
    assert lengths.suggest_length([one], BUCKETS) == 32
    assert lengths.suggest_length([split(*"春" * 100, lengths=[20] * 98 + [70, 500])], BUCKETS) == 96
    assert lengths.suggest_length([one, split("春", name="dev", lengths=[65])], BUCKETS) == 96
    assert lengths.suggest_length([split("春", lengths=[5000])], BUCKETS) == 768


def test_the_suggestion_ends_where_the_checkpoint_does():
    found = finding(check(split("春", "夏", lengths=[100, 600]), positions=512), "cut")
    assert found.advice == "--max_length 512 leaves 50.0% whole. The checkpoint has no more than 512 positions."


def test_far_too_long_texts():
    found = finding(check(split("春", "夏", lengths=[513, 512])), "longer than 512 tokens")
    assert found.values == {"train": Share(1, 2)} and found.verdict == WARNING
    assert found.where == ("train:1: 春",)


def test_texts_of_which_nothing_is_left():
    found = finding(check(split("春天", "\u200b\u200e", ("春", ""), (("春", "\ufffd"), None))), "with an empty text")
    assert found.values == {"train": Share(2, 4)} and found.verdict == ERROR
    assert found.where[0] == "train:2: '\\u200b\\u200e'"


def test_windows_lose_nothing_and_are_told():
    import dataclasses

    whole = split("春", "夏", lengths=[20, 900], max_length=1000)
    section = check(dataclasses.replace(whole, rows=9))
    assert finding(section, "windows per example").values == {"train": "4.50"}
    assert finding(section, "cut").verdict == OK
    assert not [one for one in check(whole).findings if one.what.startswith("windows")]


def test_long_texts_in_windows_are_not_texts_run_together():
    import dataclasses

    found = dataclasses.replace(split("春", "夏", lengths=[20, 900], max_length=1000), rows=9)
    assert finding(check(found), "longer than 512 tokens").verdict == OK


def test_what_a_task_cuts_on_purpose_is_told_and_nothing_to_mend():
    import dataclasses

    found = dataclasses.replace(split("春", "夏", lengths=[600, 20]), rows=5)
    section = lengths.check_lengths([found], tokenizer(), 128, BUCKETS, 512, on_purpose=True)
    assert finding(section, "cut on purpose at max_length 128").values == {"train": Share(1, 2)}
    assert {one.verdict for one in section.findings} == {OK}
    assert not [one for one in section.findings if one.what.startswith(("suggested", "windows"))]
