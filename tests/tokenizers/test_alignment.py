"""Characters and tokens of the same text: worked numbers, hard characters, and properties of every text."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary

TOKENS = [*SPECIAL_TOKENS, *"价格元n.5°i今天", *"##5 cafe 12 n° ab ᄒ ##ᅡ ##ᆫ is ##tan".split()]
TOKENIZER = Tokenizer.from_vocabulary(Vocabulary(TOKENS))
TEXTS = st.text(st.one_of(st.sampled_from("aB 价İΣ한é\u0301\u200b\0\ud800😀,。\u3000"), st.characters()), max_size=30)


def test_worked_example():
    vocabulary = Vocabulary([*SPECIAL_TOKENS, *"n价格.5元", "cafe", "##°", "##5", "12"])
    alignment = Tokenizer.from_vocabulary(vocabulary).align("Café  N°5 价格12.5元")
    assert alignment.tokens == ("cafe", "n", "##°", "##5", "价", "格", "12", ".", "5", "元")
    assert alignment.spans == (
        (0, 4), (6, 7), (7, 8), (8, 9), (10, 11), (11, 12), (12, 14), (14, 15), (15, 16), (16, 17)
    )  # fmt: skip
    assert alignment.slice(6, 9) == "12.5"
    assert alignment.slice(0, 1) == "Café"
    assert alignment.token_span(12, 16) == (6, 9)
    assert alignment.token_span(0, 4) == (0, 1)


def test_spans_off_token_borders():
    alignment = TOKENIZER.align("cafe 价格12.5元")
    assert alignment.token_span(1, 4) is None, "starts within cafe"
    assert alignment.token_span(5, 8) is None, "ends within 12"
    assert alignment.token_span(4, 6) is None, "starts at a space"
    assert alignment.token_span(1, 4, snap=True) == (0, 1)
    assert alignment.token_span(3, 8, snap=True) == (0, 4)
    assert alignment.token_span(4, 5, snap=True) is None, "only a space"
    assert alignment.token_span(100, 101, snap=True) is None


def test_empty_spans_are_mistakes():
    alignment = TOKENIZER.align("价格")
    with pytest.raises(ValueError, match="start < end"):
        alignment.token_span(1, 1)
    with pytest.raises(ValueError, match="first < end <= 2"):
        alignment.char_span(0, 3)


def test_tokens_of_one_hangul_syllable_share_its_span():
    alignment = TOKENIZER.align("价한格")
    assert alignment.tokens == ("价", "ᄒ", "##ᅡ", "##ᆫ", "格")
    assert alignment.spans == ((0, 1), (1, 2), (1, 2), (1, 2), (2, 3))
    assert alignment.token_span(1, 2) == (1, 4)
    assert alignment.token_span(1, 3) == (1, 5)


def test_letters_that_lower_case_to_two():
    assert TOKENIZER.align("İstan价").spans == ((0, 2), (2, 5), (5, 6))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a\u200bb价", ["a\u200bb", "价"]),  # within a word: dropped from the token, kept in the slice
        ("\0价\x01格", ["价", "格"]),
        ("cafe\u0301价", ["cafe\u0301", "价"]),  # the accent belongs to its letter
        ("\u0301价", ["价"]),
        ("", []),
        (" \u3000\n", []),
    ],
)
def test_dropped_characters(text, expected):
    alignment = TOKENIZER.align(text)
    assert [alignment.slice(i, i + 1) for i in range(len(alignment))] == expected


@given(TEXTS, st.booleans())
def test_spans_of_any_text(text, lower_case):
    tokenizer = Tokenizer.from_vocabulary(TOKENIZER.vocabulary, lower_case)
    alignment = tokenizer.align(text)
    assert list(alignment.tokens) == tokenizer.tokenize(text)
    starts, ends = zip(*alignment.spans, strict=True) if alignment.spans else ((), ())
    assert list(starts) == sorted(starts) and list(ends) == sorted(ends)
    assert all(0 <= start < end <= len(text) for start, end in alignment.spans)
    covered = {i for start, end in alignment.spans for i in range(start, end)}
    for i in set(range(len(text))) - covered:  # only what BERT drops belongs to no token
        character = text[i]
        dropped = character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Mn")
        assert dropped or character.isspace(), character


@given(TEXTS)
def test_the_slice_of_a_word_gives_its_pieces_again(text):
    alignment = TOKENIZER.align(text)
    starts = [i for i, token in enumerate(alignment.tokens) if not token.startswith("##")]
    for first, end in itertools.pairwise([*starts, len(alignment)]):
        pieces = list(alignment.tokens[first:end])
        if "σ" not in "".join(pieces) and "ς" not in "".join(pieces):  # which of them Σ becomes depends on what follows
            assert TOKENIZER.tokenize(alignment.slice(first, end)) == pieces


@given(TEXTS, st.data())
def test_token_span_undoes_char_span(text, data):
    alignment = TOKENIZER.align(text)
    if len(alignment):
        first = data.draw(st.integers(0, len(alignment) - 1))
        end = data.draw(st.integers(first + 1, len(alignment)))
        start, stop = alignment.char_span(first, end)
        found = alignment.token_span(start, stop)
        assert found == alignment.token_span(start, stop, snap=True)
        assert alignment.char_span(*found) == (start, stop)
        assert found[0] <= first and end <= found[1]
