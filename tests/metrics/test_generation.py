"""Scores of written texts against numbers worked by hand, and against the slow obvious loops."""

import collections
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.metrics.generation import bleu, distinct, reply_scores, rouge, text_scores, words

TEXTS = st.lists(st.text("甲乙丙丁a", max_size=8), min_size=1, max_size=4)


def test_rouge_of_characters_worked_by_hand():
    """Gold 甲乙丙丁, written 甲丙丁丁戊: 3 of 4 and of 5 characters, bigram 丙丁 of 3 and of 4, subsequence 甲丙丁."""
    found = rouge(["甲乙丙丁"], ["甲丙丁丁戊"], list)
    assert found == pytest.approx({"rouge_l": 2 * 3 / (4 + 5), "rouge_1": 2 * 3 / (4 + 5), "rouge_2": 2 * 1 / (3 + 4)})


def test_scores_of_texts():
    found = text_scores(["Rodrigues 参数", "今天天气"], ["rodrigues参数", ""])
    assert next(iter(found)) == "rouge_l"
    assert found["exact"] == found["rouge_1"] == found["word_rouge_1"] == 0.5
    assert text_scores(["今天天气好"], ["今天天气好"]) == dict.fromkeys(found, pytest.approx(1.0))


def test_words_are_scored_as_wholes():
    assert words("今天天气") == ["今天天气"] or "天气" in words("今天天气")
    assert rouge(["北京大学"], ["北京大雪"], words)["rouge_1"] < rouge(["北京大学"], ["北京大雪"], list)["rouge_1"] == 0.75


def test_bleu_worked_by_hand():
    """n-gram precisions 5/6, 4/5, 3/4, 2/3, of a text as long as its gold: their geometric mean."""
    assert bleu(["甲乙丙丁戊己"], ["甲乙丙丁戊庚"]) == pytest.approx((5 / 6 * 4 / 5 * 3 / 4 * 2 / 3) ** 0.25)
    assert bleu(["甲乙丙丁戊己"], ["甲乙丙丁"]) == pytest.approx(math.exp(1 - 6 / 4))     # all right, but too short


def test_distinct():
    assert distinct(["好好", "好吧"], 1) == 2 / 4 and distinct(["好好", "好吧"], 2) == 1.0 and distinct(["好"], 2) == 0.0
    assert reply_scores(["?"], ["哈 哈哈哈"]) == {"distinct_1": 1 / 4, "distinct_2": 1 / 3}


def overlap(gold, written, n):
    """F1 of n-grams that two texts share, each as often as the one that has fewer of it."""
    one, other = ([tuple(text[i : i + n]) for i in range(len(text) - n + 1)] for text in (gold, written))
    shared = sum((collections.Counter(one) & collections.Counter(other)).values())
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


def subsequence(one, other):
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return 1 + subsequence(one[:-1], other[:-1])
    return max(subsequence(one[:-1], other), subsequence(one, other[:-1]))


@settings(deadline=None, max_examples=50)
@given(TEXTS, st.randoms(use_true_random=False))
def test_rouge_equals_the_slow_loops(golds, random):
    written = ["".join(random.sample(text, len(text)))[: random.randint(0, 8)] for text in golds]
    found = rouge(golds, written, list)
    pairs = list(zip(golds, written, strict=True))
    longest = [2 * common / (len(a) + len(b)) if (common := subsequence(a, b)) else 0.0 for a, b in pairs]
    assert found["rouge_l"] == pytest.approx(sum(longest) / len(pairs))
    for n in (1, 2):
        assert found[f"rouge_{n}"] == pytest.approx(sum(overlap(a, b, n) for a, b in pairs) / len(pairs))
