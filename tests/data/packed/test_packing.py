"""Sentences packed into rows: worked numbers, nothing lost, word starts equal to those of the aligned text."""

import collections

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as some

from baselines.data.packed import packing
from baselines.data.packed.packing import Packer
from baselines.data.packed.text_corpus import sentences
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.words import whole_words


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_folder(ROOT / "checkpoints" / "mini")


def test_the_worked_example(tokenizer):
    texts = ["中" * (length - 1) + "。" for length in (5, 6, 7, 20, 3, 4)]
    packer = Packer(tokenizer, 16)
    rows = [ids for ids, _ in packer.rows(texts)]
    assert [len(row) for row in rows] == [13, 9, 16, 9]
    assert packer.cut == 6


@settings(deadline=None, max_examples=40)
@given(some.lists(some.text("北京大学是a1 。！x-é㐀", min_size=1, max_size=30), min_size=1, max_size=6))
def test_every_token_of_short_sentences_is_in_one_row(tokenizer, texts):
    packer, vocabulary = Packer(tokenizer, 40), tokenizer.vocabulary
    rows = [ids for ids, _ in packer.rows(texts)]
    for row in rows:
        assert len(row) <= 40 and row[0] == vocabulary.cls_id and row[-1] == vocabulary.sep_id
        assert np.count_nonzero(row == vocabulary.sep_id) == 1
    expected = [i for text in texts for sentence in sentences(text) for i in tokenizer.ids(sentence)]
    assert [i for row in rows for i in row[1:-1]] == expected and packer.cut == 0


def test_sentences_are_the_text_with_what_stands_behind_the_last_stop():
    text = "今天。。明天！\n后天"
    assert sentences(text) == ["今天。。", "明天！\n", "后天"]
    assert sentences("") == []


@pytest.mark.parametrize("text", ["北京大学的学生，在读《语言模型》。", "用iPhone 6s拍了3.5张照片", "㐀北京"])
def test_word_starts_are_those_of_the_aligned_text(tokenizer, text):
    ids, begins = Packer(tokenizer, 64).sentence(text)
    assert ids == tokenizer.ids(text).tolist()
    firsts = [first for first, _ in whole_words(tokenizer.align(text))]
    assert [place for place, begin in enumerate(begins) if begin] == firsts


def test_both_ways_to_find_words_are_taken():
    assert packing.CHARACTERS.fullmatch("北京大学的学生，在读。") and not packing.CHARACTERS.fullmatch("用iPhone")
    counted = collections.Counter(map(bool, map(packing.CHARACTERS.fullmatch, ("好", "好 好", "《好》"))))
    assert counted == {True: 2, False: 1}
