"""Subjects outside the vocabulary: found in the question by their characters, kept apart, and written."""

import numpy as np
import pytest
from small_index import END, IDS, UNKNOWN, ids, index_of, key

from baselines.retrieval.prefix_index.constraint import Guided, InIndex
from baselines.retrieval.prefix_index.copying import Copying, ranked
from baselines.retrieval.prefix_index.mentions import hashes

LINES = ["㛃\t人\t1", "㛄\t人\t2", "㛄\t国\t3", "中㛅国\t人\t4", "㛅\t人\t5", "中国\t人\t6", "㛄（a）\t人\t7", "㛄 Ａb\t人\t8"]


@pytest.fixture
def index(tmp_path):
    return index_of(tmp_path, LINES)


def mentioned(index, question):
    return [(mention.subject, mention.start, mention.end) for mention in index.mentions(question)]


def test_what_stands_in_a_question_is_found(index):
    assert mentioned(index, "㛃的人?") == [("㛃", 0, 1)]
    assert mentioned(index, "那 中㛅国 和㛄呢") == [("中㛅国", 1, 4), ("㛄", 5, 6)]  # not 㛅 alone; spaces do not count
    assert mentioned(index, "㛄ａB") == [("㛄 Ａb", 0, 3)]
    assert mentioned(index, "中国的人") == mentioned(index, "") == []     # what can be spelled is the model's own
    assert [mention.start for mention in index.mentions("x" * 5000 + "㛃")] == [5000]


def test_a_hash_depends_on_the_piece_alone():
    text = "中㛅国中㛅"
    found = hashes(text, np.array([0, 3, 1, 0]), np.array([2, 5, 2, 1]))
    assert found[0] == found[1] == hashes("中㛅", np.array([0]), np.array([2]))[0]
    assert len(set(found.tolist())) == 3


def probabilities(index, question, prefix, p, copying=True):
    guided = Guided(InIndex(index), copying=Copying(index, question) if copying else None)
    row = np.log(np.full((1, index.vocab_size), 1e-9, np.float32))
    row[0, list(p)] = np.log(list(p.values()))
    banned = np.ones(index.vocab_size, bool)
    banned[guided.allowed([prefix])[0]] = False
    row[0, banned] = -np.inf
    return np.exp(guided.rescore([prefix], row))[0]


def test_the_unknown_token_is_written_where_the_question_has_such_a_subject(index):
    p = {UNKNOWN: 0.001, IDS["中"]: 0.9}
    assert probabilities(index, "㛃的人", [], p)[UNKNOWN] == pytest.approx(0.9)
    assert probabilities(index, "中国的人", [], p)[UNKNOWN] == pytest.approx(0.001 / 0.901, rel=1e-4)
    found = probabilities(index, "中㛅国的人", [], p)
    assert found[UNKNOWN] < 0.01 and found.sum() == pytest.approx(1)     # it begins with 中
    assert probabilities(index, "中㛅国的人", key("中"), {UNKNOWN: 0.001, IDS["国"]: 0.9})[UNKNOWN] == pytest.approx(0.9)
    assert probabilities(index, "㛃的人", [], {UNKNOWN: 0.95, IDS["中"]: 0.01})[UNKNOWN] == pytest.approx(0.95 / 0.96, rel=1e-4)
    assert probabilities(index, "㛃的人", [], p, copying=False)[UNKNOWN] < 0.01


def test_an_unknown_token_that_another_constraint_forbids_stays_so(index):
    row = np.full((1, index.vocab_size), -np.inf, np.float32)
    row[0, IDS["中"]] = -1.0
    out = Guided(InIndex(index), copying=Copying(index, "㛃的人")).rescore([[]], row)
    assert out[0, UNKNOWN] == -np.inf and out[0, IDS["中"]] == 0


def test_only_keys_of_the_subject_in_the_question_are_offered(index):
    prefix = [UNKNOWN, END]                                             # 㛃, 㛄 and 㛅 alike
    assert InIndex(index).allowed([prefix])[0].tolist() == sorted([IDS["人"], IDS["国"]])
    for question, expected in (("㛃的人", ["人"]), ("㛄的国", ["人", "国"]), ("中国", ["人", "国"])):
        guided = Guided(InIndex(index), copying=Copying(index, question))
        assert guided.allowed([prefix])[0].tolist() == sorted(IDS[character] for character in expected)


def test_entries_of_one_spelling_are_told_apart_by_the_question(index):
    entries = index.lookup(key("㛃", "人", ""))
    assert {entry.subject for entry in entries} == {"㛃", "㛄", "㛅"}
    for subject, value in (("㛃", "1"), ("㛄", "2"), ("㛅", "5")):
        assert ranked(entries, f"{subject}的人")[0].values == (value,)
    assert ranked(entries, "谁") == entries
    assert ranked([], "谁") == []


def test_capitals_decide_between_names_that_differ_in_them_alone(tmp_path):
    index = index_of(tmp_path, ["ab\t人\t1", "Ab\t人\t2", "aB\t人\t3"])
    entries = index.lookup(key("ab", "人", ""))
    assert [entry.subject for entry in entries] == ["ab", "Ab", "aB"]
    assert [ranked(entries, question)[0].subject for question in ("Ab的人", "问aB", "AB")] == ["Ab", "aB", "ab"]


def test_every_unspellable_subject_is_answered_though_the_model_never_writes_unknown(index):
    """A model that cannot write [UNK] and otherwise guesses: greedy search with copying finds the right key all the same."""
    for question, value in (("㛃的人", "1"), ("㛄的国", "3"), ("中㛅国的人", "4")):
        guided, written = Guided(InIndex(index), copying=Copying(index, question)), []
        wanted = set(ids(question)) - {UNKNOWN}
        while written.count(END) < 3:
            row = np.where(np.isin(np.arange(index.vocab_size), list(wanted)), -1.0, -3.0).astype(np.float32)
            row[UNKNOWN] = -20
            row[np.setdiff1d(np.arange(index.vocab_size), guided.allowed([written])[0])] = -np.inf
            written.append(int(guided.rescore([written], row[None])[0].argmax()))
        assert ranked(index.lookup(written), question)[0].values[0] == value
