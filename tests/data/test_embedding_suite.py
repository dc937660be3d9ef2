"""A suite of sets: what is read, how each kind is scored, and faults of the file in one line."""

import numpy as np
import pytest
from conftest import write_lines

from baselines.data.embedding_suite import SuiteSet, read_suite
from baselines.errors import InputError
from baselines.workflows.suite_scoring import ByCharacters, ByVectors, ByWords, fused, score_suite, suite_table

CORPUS = ["借书证怎么办", "怎么退货", "天气很好", "如何办借书证"]


@pytest.fixture
def suite(tmp_path):
    write_lines(tmp_path / "graded.jsonl", [
        {"text": "天气好", "text_pair": "天气很好", "score": 5}, {"text": "天气好", "text_pair": "怎么退货", "score": "0"},
        {"text": "借书", "text_pair": "借书证怎么办", "score": 3},
    ])  # fmt: skip
    write_lines(tmp_path / "pairs.jsonl", [
        {"a": "天气好", "b": "天气很好", "same": 1}, {"a": "天气好", "b": "怎么退货", "same": 0},
        {"a": "借书", "b": "借书证怎么办", "same": 1}, {"a": "退货", "b": "天气很好", "same": 0},
    ])  # fmt: skip
    queries = {"怎么办借书证": "借书证怎么办", "怎么退货": "退货"}
    write_lines(tmp_path / "queries.jsonl", [{"text": query, "text_pair": text} for query, text in queries.items()])
    (tmp_path / "corpus.txt").write_text("\n".join(CORPUS), encoding="utf-8")
    (tmp_path / "suite.yaml").write_text(
        "STS: {similarity: graded.jsonl}\n"
        "Pairs: {pairs: pairs.jsonl, tune: pairs.jsonl, text: a, text_pair: b, label: same}\n"
        "Search: {retrieval: queries.jsonl, corpus: corpus.txt}\n", encoding="utf-8",
    )  # fmt: skip
    return tmp_path / "suite.yaml"


def test_sets_are_read(suite):
    graded, pairs, search = read_suite(suite)
    assert (graded.kind, graded.golds, graded.main) == ("similarity", [5, 0, 3], "spearman")
    assert pairs.tune == (pairs.texts, pairs.others, [1, 0, 1, 0]) and pairs.main == "accuracy"
    assert search.corpus == (*CORPUS, "退货") and search.texts == ["怎么办借书证", "怎么退货"]


def test_ways_are_scored(suite):
    letters = sorted({letter for text in CORPUS for letter in text} | set("好"))
    encode = lambda texts: np.array([[text.count(letter) for letter in letters] for text in texts], float)  # noqa: E731
    unit = lambda texts: encode(texts) / np.linalg.norm(encode(texts), axis=1, keepdims=True)  # noqa: E731
    sets = read_suite(suite)

    class Quiet:
        def track(self, items, label, total):
            return items

    found = score_suite("letters", unit, sets, Quiet())
    assert list(found) == ["letters", "TF-IDF", "BM25", "letters + BM25"]
    assert found["letters"]["Pairs"] == {"accuracy": 1.0, "f1": 1.0} and found["BM25"]["STS"]["spearman"] > 0.8
    assert found["letters + BM25"]["Search"]["recall_10"] == 1
    assert set(found["TF-IDF"]["Search"]) == {"ndcg_10", "mrr_10", "recall_1", "recall_10"}
    lines = suite_table(sets, found).splitlines()
    assert lines[0].split() == ["STS", "Pairs", "Search", "mean"] and lines[-1].split()[:3] == ["letters", "+", "BM25"]
    assert lines[-1].split()[-1] == "-"


def test_retrieval_is_scored_by_ranks():
    each = SuiteSet("s", "retrieval", ["甲", "甲", "乙"], ["一", "二", "三"], corpus=("一", "二", "三", "甲"))
    similarities = np.array([[3, 1, 2, 9], [3, 1, 2, 9], [1, 1, 1, 0.5]], float)
    scores = each.scores(similarities)                                  # without 甲 itself: 一 first, 二 third; 三 behind equals
    gain = (1 / np.log2(2) + 1 / np.log2(4)) / (1 / np.log2(2) + 1 / np.log2(3))
    assert scores == pytest.approx({
        "ndcg_10": (gain + 1 / np.log2(4)) / 2, "mrr_10": (1 + 1 / 3) / 2, "recall_1": 0.25, "recall_10": 1.0,
    })  # fmt: skip


def test_ways_compare_as_they_say():
    assert ByCharacters().pairs(["天气", "天气"], ["天气", "退货"]) == pytest.approx([1, 0])
    assert ByWords().pairs(["天气", "天气"], ["天气", "退货"])[1] == 0 < ByWords().pairs(["天气", "天气"], ["天气", "退货"])[0]
    eye = ByVectors(lambda texts: np.eye(len(texts)))
    assert eye.searches(["甲", "乙"], ["丙", "丁"]).tolist() == [[1, 0], [0, 1]]
    each = SuiteSet("s", "retrieval", ["甲"], ["一"], corpus=("一", "二", "甲"))
    both = fused(np.array([[0.1, 0.5, 0.9]]), np.array([[2.0, 0.0, 0.0]]), each)
    assert both[0] == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("STS: graded.jsonl", "expected one of similarity, pairs, retrieval"),
        ("STS: {similarity: nothing.tsv}", "there is no file"),
        ("STS: {similarity: graded.jsonl, scores: score}", "Did you mean score"),
        ("STS: {pairs: graded.jsonl, label: score}", "graded.jsonl:1: score is '5'. Write 0 or 1"),
        ("Search: {retrieval: queries.jsonl}", "Add `corpus: FILE`"),
    ],
)
def test_faults_are_one_line(suite, text, words):
    suite.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="^[^\n]*$") as raised:
        read_suite(suite)
    assert words in str(raised.value)
