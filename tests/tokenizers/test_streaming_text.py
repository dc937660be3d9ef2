"""Text that is given piece by piece is the text of all tokens, and nothing that was given is taken back."""

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.tokenizers.detokenization import certain_characters
from baselines.tokenizers.normalization import is_cjk
from baselines.tokenizers.streaming import TextStream
from baselines.tokenizers.tokenizer import Tokenizer

MINI = Tokenizer.from_folder(ROOT / "checkpoints" / "mini")
TOKENS = MINI.vocabulary.tokens
LATIN = [token for token in TOKENS if token.removeprefix("##").isascii()]
MARKS = [token for token in [*"'.,-+/=({<[)]:;!?\"`^|~·…、。，！？“”‘’（）《》：；～—", "—", "...", "##'"] if token in TOKENS]
DIGITS = [token for token in TOKENS if token.removeprefix("##").isdigit()][:20]
CONTRACTED = [token for token in ("'", "re", "m", "s", "t", "ve", "d", "ll") if token in TOKENS]
IDEOGRAPHS = [token for token in TOKENS if len(token) == 1 and is_cjk(token)][:30]

tokens = st.one_of(*(st.sampled_from(each) for each in (LATIN, MARKS, DIGITS, CONTRACTED, IDEOGRAPHS, TOKENS)))


def pieces(tokenizer, ids):
    stream = TextStream(tokenizer)
    return [*(stream.add(token_id) for token_id in ids), stream.finish()]


def test_the_vocabulary_has_what_is_difficult():
    assert len(LATIN) > 50 and len(MARKS) > 15 and len(DIGITS) > 9 and {"'", "s", "t", "d", "m"} <= {*CONTRACTED}


@given(st.lists(tokens, max_size=30))
@settings(max_examples=500, deadline=None)
def test_all_pieces_are_the_whole_text(some):
    ids = [MINI.vocabulary.id(token) for token in some]
    assert "".join(pieces(MINI, ids)) == MINI.decode(ids)


@pytest.mark.parametrize(
    "some, expected",
    [
        (["今", "天", "好", "。"], ["今", "天", "好", "。", ""]),
        (["价", "12", ".", "5", "元"], ["价", "", "", "", "12.5元", ""]),
        (["t", "##o", "好"], ["", "", "to好", ""]),
        (["[CLS]", "好", "[SEP]"], ["", "好", "", ""]),
    ],
)
def test_a_piece_is_given_as_soon_as_it_is_certain(some, expected):
    ids = [MINI.vocabulary.id(token) for token in some]
    assert pieces(MINI, ids) == expected


def test_latin_words_come_three_behind():
    stream = TextStream(MINI)
    given = [stream.add(MINI.vocabulary.id(letter)) for letter in "abcdef"]
    assert given == ["", "", "", "a", " b", " c"] and stream.finish() == " d e f"


def test_what_is_certain_is_found_in_one_go():
    """By a regular expression that tried every way to part this into three words it took five minutes."""
    text = ("中" * 300 + " ") * 8 + "x"
    assert certain_characters(text) == len(text) - 2
