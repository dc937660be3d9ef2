"""Sampled texts as paraphrases: what counts as another text, and the order of the most similar ones."""

import numpy as np

from baselines.decoding.paraphrase_ranking import Paraphrase, distinct_texts, rank_paraphrases


def test_what_counts_as_another_text():
    assert distinct_texts(["你 好", "你好！", "你好！", "。", "", "Hello", "hello"], "你好") == ["你好！", "Hello"]
    assert distinct_texts([], "你好") == []


def test_the_most_similar_come_first_and_the_earlier_of_equal_ones():
    vectors, original = np.array([[0.6, 0.8], [1, 0], [0.6, 0.8], [-1, 0]]), np.array([1.0, 0])
    best = [Paraphrase("b", 1.0), Paraphrase("a", 0.6), Paraphrase("c", 0.6)]
    assert rank_paraphrases(list("abcd"), vectors, original, 3) == best
    assert rank_paraphrases(list("abcd"), vectors, original, 9, min_score=0.7) == best[:1]
    assert rank_paraphrases([], vectors[:0], original, 3) == []
