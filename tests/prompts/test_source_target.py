"""A source and its target as one row: segments, targets, what is cut, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import InputError
from baselines.prompts.source_target import encode_pair, prompt_of
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

LETTERS = "甲乙丙丁戊己庚辛"
TOKENIZER = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]))


def encode(source, target, max_length=64):
    ((features, targets),) = encode_pair(Example(1, (source,), target), TOKENIZER, max_length)
    return features["token_ids"].tolist(), features["segment_ids"].tolist(), targets


def test_layout_and_targets():
    tokens, segments, targets = encode("甲乙", "丙丁")
    assert tokens == [2, 4, 5, 3, 6, 7, 3]
    assert segments == [0, 0, 0, 0, 1, 1, 1]
    assert targets.tolist() == [-1, -1, -1, 6, 7, 3, -1] and targets.dtype == np.int32


def test_the_source_is_cut_first():
    tokens, segments, targets = encode("甲乙丙丁戊", "己庚", 7)
    assert tokens == [2, 4, 5, 3, 9, 10, 3] and targets.tolist() == [-1, -1, -1, 9, 10, 3, -1]


def test_a_target_too_long_alone_is_cut_and_does_not_learn_to_stop():
    tokens, _, targets = encode("甲", "乙丙丁戊己", 6)
    assert tokens == [2, 3, 5, 6, 7, 8] and targets.tolist() == [-1, 5, 6, 7, 8, -1]


def test_without_gold_only_the_source_is_encoded_as_the_prompt_is():
    tokens, segments, targets = encode("甲乙", None)
    prompt = prompt_of(Example(1, ("甲乙",), "丙"), TOKENIZER, 64)
    assert targets is None and tokens == prompt.token_ids.tolist() and segments == prompt.segment_ids.tolist()
    assert prompt.segment == 1 and prompt_of(Example(1, ("甲乙丙",)), TOKENIZER, 4).token_ids.tolist() == [2, 4, 5, 3]


@given(st.text(LETTERS, min_size=1, max_size=12), st.text(LETTERS, min_size=1, max_size=12), st.integers(3, 30))
def test_every_row_fits_and_begins_with_the_prompt(source, target, max_length):
    tokens, segments, targets = encode(source, target, max_length)
    written = segments.index(1)
    assert len(tokens) <= max_length and sum(segments) >= 1
    assert (targets >= 0).sum() == sum(segments)
    assert tokens[written:] == [*TOKENIZER.ids(target), 3][: max_length - 2]
    assert tokens[:written] == prompt_of(Example(1, (source,)), TOKENIZER, written).token_ids.tolist()


@pytest.mark.parametrize("source, target, name", [("\u200b\u200b", "甲", "source"), ("甲", "\u0000", "target")])
def test_texts_without_a_token_are_refused(source, target, name):
    with pytest.raises(InputError, match=f"{name} has no token"):
        encode(source, target)
