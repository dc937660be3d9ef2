"""A search kept to an index: places are remembered, every text is a key, and the reference's way of ending is a switch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_index import END, IDS, SPELLED, ids, index_of, key

from baselines.errors import InputError
from baselines.retrieval.prefix_index import constraint
from baselines.retrieval.prefix_index.constraint import InIndex

LINES = ["中国\ta\t1", "中国（人民）\ta\t2", "中国人\tab\t3", "国\tb\t4", "国\tba\t5"]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"), LINES)


def test_what_may_follow_for_lists_of_any_order(index):
    tree = InIndex(index)
    prefixes = [[], ids("中国"), [*key("中国", "a"), END], key("中国", "b"), [*key("国", "b", ""), END]]
    expected = [ids("中国"), [END, *ids("人")], [END, *ids("人")], [], []]
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 2]):
        found = tree.allowed([prefixes[i] for i in order])
        assert [sorted(row.tolist()) for row in found] == [sorted(expected[i]) for i in order]


def test_a_longer_prefix_is_one_step_from_the_one_before(index, monkeypatch):
    tree, steps, advance = InIndex(index), [], index.advance
    monkeypatch.setattr(index, "advance", lambda state, token: steps.append(token) or advance(state, token))
    written = [*key("中国", "a", "人民"), END]
    for length in range(len(written) + 1):
        tree.allowed([written[:length]] * 3)
    assert steps == written


def test_memory_is_bounded(index, monkeypatch):
    monkeypatch.setattr(constraint, "MAX_CACHED", 4)
    tree = InIndex(index)
    for line in LINES * 3:
        name, predicate, _ = line.split("\t")
        written = key(name.removesuffix("（人民）"), predicate)
        for length in range(len(written) + 1):
            assert tree.allowed([written[:length]])[0].tolist() == index.next(index.walk(written[:length])).tolist()
            assert len(tree._states) <= 4 + len(written) + 1


def test_the_reference_ends_where_no_longer_key_goes_on(index):
    leaf, value = InIndex(index, end="leaf"), InIndex(index)
    bare = [*key("中国", "a"), END]
    assert leaf.allowed([bare])[0].tolist() == ids("人")                # so 中国 without a meaning cannot be answered
    assert END in value.allowed([bare])[0]
    for prefix in (ids("中国"), [*key("国", "b")], [*key("国", "b"), END], key("中国", "a", "人民")):
        assert leaf.allowed([prefix])[0].tolist() == value.allowed([prefix])[0].tolist()
    with pytest.raises(InputError, match="end: there is no"):
        InIndex(index, end="leaves")


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), beam=st.integers(1, 40))
def test_whatever_the_model_says_only_keys_are_written(index, seed, beam):
    """Beam search over random numbers, wider than the tree: every finished text is a key, and each is found once."""
    rng, tree = np.random.default_rng(seed), InIndex(index)
    beams, finished = [([], 0.0)], []
    while beams:
        allowed = tree.allowed([written for written, _ in beams])
        grown = [([*written, int(token)], score - rng.exponential())
                 for (written, score), row in zip(beams, allowed, strict=True) for token in row]  # fmt: skip
        grown = sorted(grown, key=lambda one: -one[1])[:beam]
        finished += [written for written, _ in grown if written.count(END) == 3]
        beams = [one for one in grown if one[0].count(END) < 3]
    assert finished and all(index.lookup(written) for written in finished)
    assert len(set(map(tuple, finished))) == len(finished) <= len(LINES)
    if beam >= len(LINES) * 4:
        assert len(finished) == len(LINES)


def test_letters_are_what_the_index_spells(index):
    assert {SPELLED[token - 3] for token in InIndex(index).allowed([[]])[0]} == {"中", "国"} and IDS["中"] in range(100)
