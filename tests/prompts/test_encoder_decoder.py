"""Rows of a language model as a source to read and a target to write."""

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.prompts.dialogue import encode_dialogue
from baselines.prompts.encoder_decoder import encode_source_and_target, target_spans
from baselines.prompts.source_target import encode_pair
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

LETTERS = "甲乙丙丁戊己庚辛"
TOKENIZER = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]))


def rows(texts, gold, stage=encode_pair, start=(2,), max_length=64):
    found = encode_source_and_target(Example(1, texts, gold), TOKENIZER, max_length, stage, start)
    return [
        ({name: array.tolist() for name, array in features.items()}, None if targets is None else targets.tolist())
        for features, targets in found
    ]


def test_a_source_and_its_target():
    assert rows(("甲乙",), "丙丁") == [({"token_ids": [2, 4, 5, 3], "decoder_token_ids": [2, 6, 7]}, [6, 7, 3])]


def test_nothing_is_learned_of_what_every_target_follows():
    assert rows(("甲乙",), "丙丁", start=(3, 2)) == [
        ({"token_ids": [2, 4, 5, 3], "decoder_token_ids": [3, 2, 6, 7]}, [-1, 6, 7, 3])
    ]


def test_without_gold_there_is_a_source_alone():
    assert rows(("甲乙",), None, start=(3, 2)) == [({"token_ids": [2, 4, 5, 3], "decoder_token_ids": [3, 2]}, None)]


def test_a_cut_target_does_not_learn_to_stop():
    assert rows(("甲",), "乙丙丁戊己", max_length=6) == [({"token_ids": [2, 3], "decoder_token_ids": [2, 5, 6, 7]}, [5, 6, 7, 8])]


def test_a_dialogue_gives_a_row_for_each_reply():
    assert rows(("甲", "乙丙"), "丁", encode_dialogue) == [
        ({"token_ids": [2, 4, 3], "decoder_token_ids": [2, 5, 6]}, [5, 6, 3]),
        ({"token_ids": [2, 4, 3, 5, 6, 3], "decoder_token_ids": [2, 7]}, [7, 3]),
    ]


def test_an_opening_follows_the_start_token_alone():
    assert rows((), "甲乙", encode_dialogue) == [({"token_ids": [2], "decoder_token_ids": [2, 4, 5]}, [4, 5, 3])]
    with pytest.raises(InputError, match="a dialogue of one utterance has no reply"):
        target_spans(np.zeros(3, int), 0)
