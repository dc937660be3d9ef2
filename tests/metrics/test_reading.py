"""Exact match and F1 of CMRC 2018: worked cases of the official rules, and the longest common run against brute force."""

import itertools
import random

import pytest

from baselines.metrics.reading import (
    best_null_threshold,
    exact_match,
    exact_match_and_f1,
    f1,
    longest_common_run,
    scores_with_unanswerable,
    segments,
)


@pytest.mark.parametrize("gold, prediction, same", [
    ("1923年", "1923年", 1),
    ("1923年", "1923", 0),
    ("《红楼梦》", "红楼梦", 1),
    (" GPS ", "gps", 1),
    ("东、西“两”岸；", "东西两岸", 1),
    ("a-b:c_d*e^f/g\\h~i`j+k=l", "abcdefghijkl", 1),
    ("东（西）－『南』～「北」…·", "东西南北", 1),
    ("(甲)", "甲", 0),                                                   # ASCII brackets, commas and points count
    ("1,000", "1000", 0),
    ("", "", 1),
])
def test_exact_match(gold, prediction, same):
    assert exact_match(gold, prediction) == same


@pytest.mark.parametrize("text, expected", [
    ("2.5公里，GPS", ["2.5", "公", "里", "gps"]),
    ("iPhone 6s，白色", ["iphone", "6s", "白", "色"]),
    ("1,000元(约)", ["1,000", "元", "(", "约", ")"]),
    ("甲abc乙", ["甲", "abc", "乙"]),
    ("，。", []),
])
def test_segments(text, expected):
    assert segments(text) == expected


@pytest.mark.parametrize("gold, prediction, expected", [
    ("北京大学", "北京大学", 1.0),
    ("北京大学", "大学", 2 * 2 / (4 + 2)),
    ("北京大学", "北京的大学", 2 * 2 / (4 + 5)),                          # a run without gaps, not a subsequence
    ("北京大学", "清华", 0.0),
    ("北京大学", "", 0.0),
    ("Keras 3", "keras", 2 * 1 / (2 + 1)),
])
def test_f1(gold, prediction, expected):
    assert f1(gold, prediction) == pytest.approx(expected)


def test_longest_common_run_against_brute_force():
    for first in itertools.product("ab", repeat=4):
        for second in itertools.product("ab", repeat=3):
            spans = itertools.combinations(range(5), 2)
            runs = [end - start for start, end in spans if "".join(first[start:end]) in "".join(second)]
            assert longest_common_run(first, second) == max(runs, default=0)


def test_the_best_answer_counts_and_questions_are_averaged():
    golds = [(("北京大学", 0), ("北大", 9)), (("三年", 4),)]
    assert exact_match_and_f1(golds, ["北大", "三"]) == {"exact_match": 0.5, "f1": pytest.approx((1 + 2 / 3) / 2)}
    with pytest.raises(ValueError, match="1 gold and 2 predicted"):
        exact_match_and_f1(golds[:1], ["甲", "乙"])


def test_saying_nothing_is_right_where_there_is_no_answer():
    golds, found = [[("柳桥", 0)], [], [], [("一九", 3)]], ["柳桥", "", "柳", ""]
    assert scores_with_unanswerable(golds, found) == {
        "f1": 0.5, "exact_match": 0.5, "answerable_f1": 0.5, "unanswerable_accuracy": 0.5,
    }  # fmt: skip
    assert "unanswerable_accuracy" not in scores_with_unanswerable(golds[:1], found[:1])


def test_the_best_threshold_is_that_of_all_thresholds():
    dice = random.Random(7)
    for _ in range(50):
        count = dice.randint(1, 8)
        golds = [[("ab", 0)] if dice.random() < 0.6 else [] for _ in range(count)]
        found = [dice.choice(("ab", "cd")) for _ in range(count)]
        margins = [dice.choice((-1.0, 0.0, 0.5, 2.0)) for _ in range(count)]

        def f1_at(threshold, golds=golds, found=found, margins=margins):
            answers = [text if margin > threshold else "" for text, margin in zip(found, margins, strict=True)]
            return scores_with_unanswerable(golds, answers)["f1"]

        threshold, best = best_null_threshold(golds, found, margins)
        assert f1_at(threshold) == pytest.approx(best)
        assert best == pytest.approx(max(f1_at(at) for at in (-2.0, -0.5, 0.25, 1.0, 3.0)))
