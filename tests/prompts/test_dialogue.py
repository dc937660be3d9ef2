"""A dialogue as one row, and a history to reply to: segments, whole utterances, what is dropped, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import InputError
from baselines.prompts.dialogue import encode_dialogue, history_prompt, prompt_of, utterances_of
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

LETTERS = "你好在吗甲乙丙丁"
TOKENIZER = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]))
SPOKEN = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, "[speaker1]", "[speaker2]"]))
ONE, TWO = 12, 13
DIALOGUES = st.lists(st.text(LETTERS, min_size=1, max_size=9), min_size=1, max_size=8)


def example(*utterances):
    return Example(1, tuple(utterances[:-1]), utterances[-1])


def encode(utterances, max_length=64, tokenizer=TOKENIZER):
    ((features, targets),) = encode_dialogue(example(*utterances), tokenizer, max_length)
    return features["token_ids"].tolist(), features["segment_ids"].tolist(), targets


def test_layout_of_the_reference():
    tokens, segments, targets = encode(["你好", "在吗", "在"])
    assert tokens == [2, 4, 5, 3, 6, 7, 3, 6, 3]
    assert segments == [0, 0, 0, 0, 1, 1, 1, 0, 0]
    assert targets.tolist() == [*tokens[1:], -1] and targets.dtype == np.int32


def test_the_first_utterance_that_does_not_fit_ends_the_row():
    assert encode(["你好", "在吗在吗", "在"], 8)[0] == [2, 4, 5, 3]      # and the third, which would, is left out


def test_a_first_utterance_that_is_too_long_is_cut_and_does_not_end():
    tokens, _, targets = encode(["甲乙丙丁", "在"], 4)
    assert tokens == [2, 8, 9, 10] and targets.tolist() == [8, 9, 10, -1]


@given(DIALOGUES, st.integers(2, 40))
def test_rows_hold_whole_utterances_in_the_order_of_the_dialogue(utterances, max_length):
    tokens, segments, _ = encode(utterances, max_length)
    everything = encode(utterances, 1000)
    assert tokens == everything[0][: len(tokens)] and segments == everything[1][: len(tokens)]
    assert len(tokens) <= max_length and (tokens[-1] == 3 or len(tokens) == max_length)
    lengths = np.cumsum([1] + [len(utterance) + 1 for utterance in utterances])
    if tokens[-1] == 3:
        assert len(tokens) == lengths[lengths <= max_length].max()


def test_history_and_reply_make_the_row_of_training():
    prompt = prompt_of(example("你好", "在吗", "在"), TOKENIZER, 64)
    tokens, segments, _ = encode(["你好", "在吗", "在"])
    assert prompt.token_ids.tolist() == tokens[:7] and prompt.segment_ids.tolist() == segments[:7]
    assert prompt.segment == segments[7] == 0


@given(DIALOGUES, st.integers(2, 40))
def test_the_reply_is_never_in_the_segment_of_the_newest_utterance(utterances, max_length):
    prompt, dropped = history_prompt(utterances, TOKENIZER, max_length)
    assert len(prompt.token_ids) <= max_length and prompt.segment_ids[0] == 0
    assert prompt.token_ids[-1] == 3 and prompt.segment == 1 - prompt.segment_ids[-1]
    if dropped:                                                         # as if they had never been said
        kept, none = history_prompt(utterances[dropped:], TOKENIZER, max_length)
        assert none == 0 and kept.token_ids.tolist() == prompt.token_ids.tolist() and kept.segment == prompt.segment


def test_oldest_utterances_go_whole():
    prompt, dropped = history_prompt(["你好你好", "在吗", "在"], TOKENIZER, 7)
    assert dropped == 1 and prompt.token_ids.tolist() == [2, 6, 7, 3, 6, 3]
    assert prompt.segment_ids.tolist() == [0, 0, 0, 0, 1, 1] and prompt.segment == 0


def test_of_a_newest_utterance_too_long_the_end_is_kept():
    prompt, dropped = history_prompt(["你好", "甲乙丙丁"], TOKENIZER, 4)
    assert dropped == 1 and prompt.token_ids.tolist() == [2, 10, 11, 3]


def test_a_single_utterance_is_learnt_and_opens_a_dialogue():
    prompt = prompt_of(example("你好"), TOKENIZER, 64)
    assert prompt.token_ids.tolist() == [2] and prompt.segment == 0 and encode(["你好"])[0] == [2, 4, 5, 3]
    assert utterances_of(example("你好")) == ("你好",) and utterances_of(Example(1, ("你好",))) == ("你好",)


@pytest.mark.parametrize("history, part", [
    ([], "at least one utterance"), (["你好", " \u200b"], "utterance 2 has no token"),
    (["你好", None], "utterance 2 is not a text: None"),
])
def test_what_is_no_history_is_refused(history, part):
    with pytest.raises(InputError, match=part):
        history_prompt(history, TOKENIZER, 64)


def test_layout_of_cdial_gpt():
    tokens, segments, targets = encode(["你好", "在吗", "在"], tokenizer=SPOKEN)
    assert tokens == [2, ONE, 4, 5, TWO, 6, 7, ONE, 6]
    assert segments == [2, ONE, ONE, ONE, TWO, TWO, TWO, ONE, ONE]
    assert targets.tolist() == [-1, 4, 5, 3, 6, 7, 3, 6, 3]             # each utterance ends as a reply does; no speaker is learned


@given(DIALOGUES, st.integers(4, 40))
def test_of_cdial_gpt_history_and_reply_make_the_row_of_training(utterances, max_length):
    tokens, segments, targets = encode(utterances, max_length, SPOKEN)
    assert len(tokens) == len(segments) == len(targets) <= max_length
    prompt, dropped = history_prompt(utterances, SPOKEN, max_length)
    assert len(prompt.token_ids) <= max_length and prompt.token_ids[-1] == prompt.segment in (ONE, TWO)
    if not dropped and len(utterances[-1]) < max_length - 3:
        tokens, segments, _ = encode([*utterances, "在"], tokenizer=SPOKEN)
        length = len(prompt.token_ids)
        assert prompt.token_ids.tolist() == tokens[:length] and prompt.segment_ids.tolist() == segments[:length]
        assert tokens[length:] == [6] and segments[length:] == [prompt.segment]


def test_of_cdial_gpt_a_first_utterance_too_long_has_no_end_and_an_empty_history_opens_a_dialogue():
    tokens, _, targets = encode(["甲乙丙丁", "在"], 4, SPOKEN)
    assert tokens == [2, ONE, 8, 9] and targets.tolist() == [-1, 8, 9, -1]
    prompt = prompt_of(example("你好"), SPOKEN, 64)
    assert prompt.token_ids.tolist() == [2, ONE] and prompt.segment_ids.tolist() == [2, ONE] and prompt.segment == ONE
