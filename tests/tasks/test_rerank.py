"""Rerank: rows of every shape join to queries, what a step compares is drawn, and faults are one line."""

import json

import numpy as np
import pytest
from conftest import write_lines

from baselines.data.examples import read_examples
from baselines.errors import InputError
from baselines.heads.ranking import CandidateDraw, RankingHead, encode_candidates
from baselines.plugins import task_catalog
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

TOKENIZER = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"甲乙丙丁"]))


def bind(**flags):
    task = task_catalog.find("rerank")[1]
    return task.bind(task, task.options(**flags), None, None)


def read(path, **flags):
    return read_examples(bind(**flags).read, path, "train")[0]


def test_rows_of_a_query_join(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [
        {"query": "甲", "title": "乙", "label": "2"}, {"query": "乙", "title": "丙", "label": "0"},
        {"query": "甲", "title": "丁", "label": 0},
    ])  # fmt: skip
    first, second = read(path, text="title", high=2.0)
    assert (first.texts, first.gold) == (("甲", "乙", "丁"), (2.0, 0.0))
    assert (second.texts, second.gold) == (("乙", "丙"), (0.0,))


def test_negatives_and_lists(tmp_path):
    path = write_lines(tmp_path / "a.jsonl", [
        {"query": "甲", "text": "乙", "negative": "丙"}, {"query": "丁", "text": ["乙", "丙"], "negative": ["甲"]},
    ])  # fmt: skip
    first, second = read(path)
    assert (first.texts, first.gold) == (("甲", "乙", "丙"), (1.0, 0.0))
    assert (second.texts, second.gold) == (("丁", "乙", "丙", "甲"), (1.0, 1.0, 0.0))
    assert bind().metric([first.gold, second.gold], [[1, 0], [3, 2, 1]])["map"] == 1


def test_candidates_without_grades(tmp_path):
    (example,) = read_examples(bind().read, write_lines(tmp_path / "a.jsonl", [{"query": "甲", "text": ["乙", "丙"]}]), "test")[0]
    assert example.texts == ("甲", "乙", "丙") and example.gold is None


@pytest.mark.parametrize(
    ("rows", "flags", "words"),
    [
        ([{"query": "甲", "text": "乙", "label": "3"}], {}, "a.jsonl:1: label is '3', not a number from 0 to 1"),
        ([{"query": "甲", "text": "乙", "label": "x"}], {}, "not a number"),
        ([{"query": "甲", "text": "乙", "label": 1}, {"query": "甲", "text": "乙", "label": 0}], {}, "has the grades 1.0 and 0.0"),
        ([{"query": "甲", "text": [], "label": 1}], {}, "Write a text, or a list"),
        ([{"query": "甲", "text": "乙", "label": 1}, {"query": "甲", "text": "丙", "label": ""}], {}, "Give all one"),
        ([{"query": "甲", "text": "乙"}], {"text": "title"}, "no column 'title' for --text"),
        ([], {"objective": "best"}, "--objective best is unknown"),
        ([], {"candidates": 1}, "--candidates is 1"),
        ([], {"high": 0.0}, "--high is 0"),
    ],
)
def test_faults_are_one_line(tmp_path, rows, flags, words):
    with pytest.raises(InputError, match="^[^\n]*$") as raised:
        read(write_lines(tmp_path / "a.jsonl", rows), **flags)
    assert words in str(raised.value)


def test_nothing_to_compare_is_said():
    alike, others = Example(1, ("甲", "乙"), (1.0,)), Example(2, ("甲", "乙", "丙"), (1.0, 0.0))
    head = RankingHead()
    assert head.remark([others], None) == "" == RankingHead(compares=False).remark([alike], None)
    assert head.remark([alike, others], None).startswith("1 of 2 queries")
    with pytest.raises(InputError, match="nothing to compare"):
        head.remark([alike], None)


def test_a_step_compares_a_few_candidates():
    example = Example(1, ("甲", "乙", "丙丁丙", "丁", "甲甲甲甲甲甲"), (0.0, 1.0, 0.0, 0.0))
    rows = list(encode_candidates(example, TOKENIZER, 16))
    whole = {tuple(row[row != 0]): grade for row, grade in zip(rows[0][0]["token_ids"], rows[0][1], strict=True)}
    draw, seen = CandidateDraw(2), set()
    for seed in range(30):
        ((features, grades),) = draw(rows, TOKENIZER, 16, np.random.default_rng(seed))
        assert sorted(grades) == [0, 1] and features["token_ids"].shape[0] == 2
        assert (features["token_ids"][:, -1] != 0).any()                # no column is padding alone
        for row, grade in zip(features["token_ids"], grades, strict=True):
            assert whole[tuple(row[row != 0])] == grade
            seen.add(tuple(row[row != 0]))
    assert seen == set(whole)
    assert CandidateDraw(4)(rows, TOKENIZER, 16, np.random.default_rng(1)) is rows


def test_targets_of_a_batch_are_padded():
    assert RankingHead().batch_targets([[1.0, 0.0], [2.0]], 8).tolist() == [[1, 0], [2, -1]]
    assert RankingHead().format_prediction([0.5, 2.0]) == "2:2.000 1:0.500"
    with pytest.raises(InputError, match="candidates after it"):
        list(encode_candidates(Example(1, ("甲",)), TOKENIZER, 16))


def test_gold_as_outputs_scores_best():
    task, grades = bind(), (0.0, 2.0, 1.0)
    example = Example(1, ("甲", "乙", "丙", "丁"), grades)
    predicted = task.decode(example, {"logits": np.array([[*grades, -1e9]])})
    assert task.metric([grades], [predicted]) == {"mrr": 1.0, "ndcg_10": 1.0, "map": 1.0}
    assert json.dumps(predicted) == "[0.0, 2.0, 1.0]"
