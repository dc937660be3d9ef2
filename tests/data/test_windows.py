"""Windows of long contexts: where they lie, what a row of one holds, and the way back to the user's own characters."""

import numpy as np
import pytest

from baselines.data.readers.squad_json import Answer
from baselines.data.windows import NO_ANSWER, encode_answers, encode_windows, sliding_windows
from baselines.errors import InputError
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
JAMO = "\u1112\u1161\u11ab"                                             # what one syllable, 한, becomes


@pytest.fixture(scope="module")
def tokenizer():
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS), *JAMO]
    ideographs = [chr(code) for code in range(0x4E00, 0x4E00 + 1000)]
    return Tokenizer.from_vocabulary(Vocabulary([*tokens, *(f"##{letter}" for letter in JAMO), *ideographs, "cafe", "，", "。"]))


def chinese(length, start=0):
    return "".join(chr(0x4E00 + (start + index) % 1000) for index in range(length))


def example(context, *spans, question="问"):
    gold = tuple(Answer(context[start:end], start) for start, end in spans) or None
    return Example(id="q", texts=(question, context), gold=gold)


def test_worked_windows():
    assert sliding_windows(800, 489, 128) == [(0, 489), (128, 617), (256, 745), (384, 800)]
    assert sliding_windows(489, 489, 128) == [(0, 489)]
    assert sliding_windows(490, 489, 128) == [(0, 489), (128, 490)]
    assert sliding_windows(0, 5, 2) == [(0, 0)]


def test_windows_cover_the_text_and_stop_when_they_reach_its_end():
    for length in range(1, 60):
        for width in range(1, 20):
            for stride in range(1, width + 1):
                found = sliding_windows(length, width, stride)
                assert {place for start, end in found for place in range(start, end)} == set(range(length))
                assert [start for start, _ in found] == [stride * index for index in range(len(found))]
                assert [end == length for _, end in found] == [False] * (len(found) - 1) + [True]


def test_windows_that_would_leave_gaps_are_refused():
    with pytest.raises(ValueError, match="stride=3, width=2"):
        sliding_windows(10, 2, 3)


@pytest.mark.parametrize("encode", [encode_windows, encode_answers])
def test_worked_answer(tokenizer, encode):
    """A question of 20 characters; characters [500, 510) of 800 are in windows 2, 3, 4 at 372, 244, 116."""
    rows = list(encode(example(chinese(800), (500, 510), question=chinese(20, 7)), tokenizer, 512))
    targets = [tuple(target - 22 if target.any() else target) for _, target in rows]
    assert targets == [NO_ANSWER, (372, 381), (244, 253), (116, 125)]
    assert [len(features["token_ids"]) for features, _ in rows] == [512, 512, 512, 439]


def test_a_row_marks_what_may_answer_and_knows_its_characters(tokenizer):
    context = "Café，价 x12"
    (features, target), = encode_windows(example(context, (6, 9), question="啊啊"), tokenizer, 32)
    assert features["window_mask"].tolist() == [1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0]
    assert not features["segment_ids"].any() and all(column.dtype == np.int32 for column in features.values())
    pieces = [context[start:end] for start, end in zip(features["char_starts"], features["char_ends"], strict=True)]
    assert pieces == ["", "", "", "", "Café", "，", "价", "x", "1", "2", ""]
    assert target.tolist() == [7, 8], "a space and a part of a word: the tokens that they touch"


def test_training_cuts_words_where_the_answer_ends(tokenizer):
    """"cafe" is one token; the answer is "caf"."""
    whole = next(encode_windows(example("cafe", (0, 3)), tokenizer, 32))
    cut = next(encode_answers(example("cafe", (0, 3)), tokenizer, 32))
    assert whole[1].tolist() == [3, 3] and cut[1].tolist() == [3, 5]
    assert cut[0]["char_ends"].tolist() == [0, 0, 0, 1, 2, 3, 4, 0]


def test_prediction_never_looks_at_gold(tokenizer):
    context = chinese(90)[:40] + "cafe" + chinese(50)
    plain = [features for features, _ in encode_windows(example(context), tokenizer, 64)]
    gold = [features for features, _ in encode_windows(example(context, (41, 43)), tokenizer, 64)]
    assert len(plain) == len(gold)
    for one, other in zip(plain, gold, strict=True):
        assert all(np.array_equal(one[name], other[name]) for name in one)


def test_every_answer_has_windows_of_its_own(tokenizer):
    rows = list(encode_answers(example(chinese(100), (3, 5), (90, 95)), tokenizer, 64))
    assert len(rows) == 2 * len(list(encode_windows(example(chinese(100)), tokenizer, 64)))
    assert sum(bool(target.any()) for _, target in rows) >= 2


def test_no_gold_no_target(tokenizer):
    assert {target for _, target in encode_windows(example(chinese(100)), tokenizer, 64)} == {None}


@pytest.mark.parametrize("context", ["한" * 60, "한" * 40 + chinese(200), chinese(40) + "한" * 300 + "abc" * 20, "x" * 150])
def test_characters_that_give_several_tokens_get_narrower_windows(tokenizer, context):
    covered = set()
    for features, _ in encode_windows(example(context), tokenizer, 64):
        assert len(features["token_ids"]) <= 64
        for start, end in zip(features["char_starts"], features["char_ends"], strict=True):
            covered |= set(range(start, end))
    assert covered == set(range(len(context)))


def test_a_question_of_any_length_leaves_a_window(tokenizer):
    rows = list(encode_windows(example(chinese(200), (150, 153), question=chinese(600)), tokenizer, 64))
    assert max(len(features["token_ids"]) for features, _ in rows) == 64
    assert any(target.any() for _, target in rows)
    with pytest.raises(InputError, match="has no room for a question and a window"):
        next(encode_windows(example("甲"), tokenizer, 3))
