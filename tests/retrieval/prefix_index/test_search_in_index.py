"""Beam search kept to an index: whatever the model, every answer is a key, and with everything allowed nothing changes."""

import itertools

import pytest
from small_index import END, index_of, key, spelling

from baselines.decoding.beam import beam_search
from baselines.retrieval.prefix_index.constraint import Guided, InIndex
from baselines.retrieval.prefix_index.copying import Copying
from baselines.retrieval.prefix_index.look_ahead import LookAhead
from tests.decoding.toy_chain import ToyRows, prompts, random_table

LINES = ["中国\ta\t1", "中国（人民）\ta\t2", "中国人\tab\t3", "国\tb\t4", "国\tba\t5", "㛃\ta\t6"]
VOCABULARY = spelling().vocab_size


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"), LINES)


def search(constraints, seed, num=3, width=4, **settings):
    rows = ToyRows(random_table(seed, VOCABULARY), num_rows=2, width=width, end_id=END)
    return beam_search(rows, prompts(num), constraints, ends=3, max_tokens=16, **settings)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("beam", [1, 3, 4])
def test_every_answer_is_a_key(index, seed, beam):
    tree = InIndex(index)
    guided = [
        (Guided(tree, LookAhead(index, [0, *key(question), END]), Copying(index, question)),) for question in ("国人", "㛃a", "")
    ]
    for constraints in ((tree,), guided):
        for found in search(constraints, seed, beam=beam, num=3):
            assert found and all(index.lookup(list(one.token_ids)) for one in found)


def test_a_beam_wider_than_the_tree_finds_every_key_once(index):
    for found in search((InIndex(index),), 0, width=12, beam=12, num=1):
        assert found
    rows = ToyRows(random_table(0, VOCABULARY), num_rows=1, width=12, end_id=END)
    (found,) = beam_search(rows, prompts(1), (InIndex(index),), beam=12, num=12, ends=3, max_tokens=16)
    names = [index.lookup(list(one.token_ids))[0].values for one in found]
    assert sorted(names) == [(str(number),) for number in range(1, 7)]


def test_a_tree_of_all_texts_constrains_nothing(tmp_path):
    """With every text of the model's vocabulary up to the longest length in the tree, constrained equals unconstrained."""
    texts = ["".join(text) for length in (1, 2) for text in itertools.product("abc", repeat=length)]
    whole = index_of(tmp_path, texts, "lines")

    def table(prompt, written):
        p = random_table(7, 3 + 3)(prompt, written)
        p[:2] = 0                                                       # neither padding nor the unknown token
        p[END] *= len(written) > 0
        if len(written) == 2:
            p[:] = 0
            p[END] = 1
        return p / p.sum()

    def run(constraints):
        rows = ToyRows(table, num_rows=1, width=3, end_id=END)
        return [[(tuple(one.token_ids), round(one.score, 5)) for one in found]
                for found in beam_search(rows, prompts(4), constraints, beam=3, num=3, max_tokens=4)]  # fmt: skip

    assert run((InIndex(whole),)) == run(()) == run((Guided(InIndex(whole)),))
