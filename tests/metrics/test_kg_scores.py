"""KgCLUE's scores: the worked numbers, and the slow obvious subsequence."""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.metrics.kg import common_length, f1, knowledge_scores


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("上海浦东", "上海市浦东区", 0.8), ("韩玉玲原创音乐", "韩玉玲音乐", 0.8333333), ("", "", 0), ("a", "", 0), ("x y", "x y", 1)],
)
def test_worked_f1(first, second, expected):
    assert f1(first, second) == pytest.approx(expected)


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_common_length_is_that_of_the_recursion(first, second):
    @functools.cache
    def length(i, j):
        if i == len(first) or j == len(second):
            return 0
        return max(length(i + 1, j), length(i, j + 1), (first[i] == second[j]) + length(i + 1, j + 1) * (first[i] == second[j]))

    assert common_length(first, second) == length(0, 0)


def test_scores_as_the_official_script_gives_them():
    golds = [("A（b）", "P", "上海市  浦东区"), ("c", "p", "o")]
    scores = knowledge_scores(golds, [("a（B）", "q", "上海浦东"), None])
    assert scores["exact_match"] == 0 and scores["f1"] == pytest.approx(2 * 4 / (4 + 7) / 2)  # one space is left
    assert scores["score"] == pytest.approx(scores["f1"] / 2)
    assert scores["subject_exact_match"] == 0.5 and scores["predicate_exact_match"] == 0 and scores["all_exact_match"] == 0
    assert scores["all_f1"] == pytest.approx(2 * 8 / (9 + 12) / 2)
    assert knowledge_scores(golds, golds) == dict.fromkeys(scores, 1.0)


def test_lists_that_do_not_fit():
    for golds, predictions in (([], []), ([("a", "b", "c")], [])):
        with pytest.raises(ValueError, match="one prediction per gold"):
            knowledge_scores(golds, predictions)
