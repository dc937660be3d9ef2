"""The tree on disk against nested dicts, on random keys, and the worked tree of kexue.fm/archives/8802."""

import collections
import itertools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_index import END, IDS, SPELLED, ids, index_of, key

from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.names import order_of, split_name
from baselines.storage import atomic_files as files

SENTENCES = ["明月几时有", "明天会更好", "明天下雨", "明天下午开会", "明天下午放假", "明年见", "今夕是何年", "今天去哪里玩"]
NAMES = st.text("aAb中㛃㛄（） ", min_size=1, max_size=5)
PREDICATES, OBJECTS = st.text("aAb㛃", min_size=1, max_size=3), st.sampled_from(["", "o", "o p", "中"])
ORDER = st.sampled_from(["spm", "smp"])
TRIPLES = st.lists(st.tuples(NAMES, PREDICATES, OBJECTS), min_size=1, max_size=30)


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_for_the_disk():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_sync", lambda path: None)
        yield


def nested_dicts(triples, order):
    """The oracle: {token: {…}} down to {(name, predicate): [objects]}."""
    tree = {}
    for name, predicate, value in triples:
        parts = dict(zip(("subject", "meaning"), split_name(name), strict=True), predicate=predicate)
        node = tree
        for part in map(parts.get, order_of(order)):
            tokens = ids(part) or ([1] if part else [])                 # a text of spaces alone is one unknown token
            for token in [*tokens, END]:
                node = node.setdefault(token, {})
        values = node.setdefault("values", collections.defaultdict(list))[name, predicate]
        if value not in values:
            values.append(value)
    return tree


def assert_same(index, state, node, written=()):
    if "values" in node:
        entries = index.entries(state)
        assert index.is_complete(state) and index.next(state).tolist() == []
        assert {(entry.name, entry.predicate): list(entry.values) for entry in entries} == node["values"]
        assert len(entries) == len(node["values"])
        assert index.lookup(written) == index.lookup(written[:-1]) == entries
        return
    found = index.next(state)
    assert found.dtype == np.int32 and found.tolist() == sorted(node)
    assert not index.is_complete(state)
    for token in set(range(12)) - set(node):
        assert index.advance(state, token) is None
    for token, child in node.items():
        assert_same(index, index.advance(state, token), child, (*written, token))


@settings(max_examples=40, deadline=None)
@given(TRIPLES, ORDER)
@example([("中", "a", "o"), ("中（）", "a", "o"), ("中（a）", "a", "o"), ("中", "A", "p"), ("中（a）", "A", "p")], "spm")
@example([("中", "a", "o"), ("中（A）", "a", "o"), ("中（a）", "b", "o"), ("中", "A", "p"), ("中（a）", "A", "p")], "smp")
@example([("（中）", "a", "o"), (" ", "a", "o"), ("㛃（ ）", "a", "o"), ("㛄", "a", "o")], "spm")
def test_every_node_is_as_in_nested_dicts(triples, order):
    with tempfile.TemporaryDirectory() as folder:
        index = index_of(Path(folder), ["\t".join(triple) for triple in triples], order=order)
        assert_same(index, index.root(), nested_dicts(triples, order))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("ab中㛃", min_size=1, max_size=6), min_size=1, max_size=20))
def test_plain_keys_end_where_one_does(keys):
    with tempfile.TemporaryDirectory() as folder:
        index = index_of(Path(folder), keys, "lines")
        prefixes = {tuple(ids(text)[:length]) for text in keys for length in range(len(text) + 1)}
        whole = {tuple(ids(text)) for text in keys}
        for prefix in prefixes:
            follow = {other[len(prefix)] for other in prefixes if other and other[:-1] == prefix}
            follow |= {END} if prefix in whole else set()
            assert set(index.next(index.walk(prefix)).tolist()) == follow
        assert {entry.name for text in keys for entry in index.lookup(ids(text))} == set(keys)


def test_the_worked_tree(tmp_path):
    index = index_of(tmp_path, SENTENCES, "lines")
    follow = lambda text: {SPELLED[token - 3] for token in index.next(index.walk(ids(text)))}  # noqa: E731
    assert sum(map(len, SENTENCES)) == 40
    assert index.header["counts"]["nodes"] - 1 - len(SENTENCES) == 28  # without the root and the ends
    assert follow("") == set("今明") and follow("明") == set("年天月")
    assert follow("明天") == set("下会") and follow("明天下午") == set("开放")


def test_a_key_within_another_is_reached(tmp_path):
    index = index_of(tmp_path, ["中国\ta\t1", "中国（人民）\ta\t2"])
    state = index.walk([*key("中国", "a"), END])
    assert index.next(state).tolist() == sorted([END, IDS["人"]])
    assert [entry.values for entry in index.lookup(key("中国", "a", ""))] == [("1",)]
    assert [entry.meaning for entry in index.lookup(key("中国", "a", "人民"))] == ["人民"]
    assert index.lookup(key("中国")) == index.lookup(key("国")) == []


def test_objects_keep_the_order_of_the_file_once_each(tmp_path):
    index = index_of(tmp_path, ["a\tb\t2", "c\tb\tx", "a\tb\t1", "a\tb\t 2", "a\tb\t2", "a\tb\t"])
    (entry,) = index.lookup(key("a", "b", ""))
    assert entry.values == ("2", "1", " 2", "")


def test_many_beams_at_once(tmp_path):
    index = index_of(tmp_path, SENTENCES, "lines")
    states = [index.root(), index.walk(ids("明天")), None]
    lists = index.next_batch(states)
    mask = index.mask(states)
    assert [np.flatnonzero(row).tolist() for row in mask] == [row.tolist() for row in lists] and len(lists[2]) == 0
    assert index.advance_batch(states, [IDS["明"], IDS["见"], IDS["明"]]) == [index.walk(ids("明")), None, None]
    for outside in (-1, 10**6):
        assert index.advance(index.root(), outside) is None


def test_two_opened_indices_read_one_folder(tmp_path):
    first = index_of(tmp_path, SENTENCES, "lines")
    second = PrefixIndex.open(tmp_path / "index")
    assert len(first) == len(second) == len(SENTENCES)
    with pytest.raises(ValueError, match="read-only"):
        second.trie.labels[0] = 1


def test_values_of_any_kind(tmp_path):
    lines = ['{"key": "ab", "value": {"中": 1}}', '{"key": "a", "value": ["x\\ny", null]}', '{"key": "b"}']
    index = index_of(tmp_path, lines, "jsonl")
    assert [index.lookup(ids(text))[0].values for text in ("ab", "a", "b")] == [({"中": 1},), ("x\ny", None), ()]
    index = index_of(tmp_path, ["ab\t1\t2", "a\t中"], "tsv")
    assert [index.lookup(ids(text))[0].values for text in ("ab", "a")] == [("1", "2"), ("中",)]


def test_keys_are_sorted_by_tokens_and_the_file_s_order_does_not_matter(tmp_path):
    lines = ["\t".join(row) for row in itertools.product(["b", "a", "中（a）", "中"], ["a", "ba"], ["1"])]
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    one, two = index_of(tmp_path / "one", lines), index_of(tmp_path / "two", lines[::-1])
    assert [one.entry(k) for k in range(len(one))] == [two.entry(k) for k in range(len(two))]
