"""Words by jieba: whole words for masking, and texts that its words must join to."""

import pytest

from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary
from baselines.tokenizers.words import jieba_words, whole_words

TOKENIZER = Tokenizer.from_vocabulary(Vocabulary([*SPECIAL_TOKENS, *"我在北京大学爱", "ca", "##f", "##e", "py", "##thon"]))


def test_words_join_to_the_text():
    for text in ("我在北京大学爱 Python。\n\n Café!", "", " ", "\u3000a\0b"):
        assert "".join(jieba_words(text)) == text


def test_whole_words():
    alignment = TOKENIZER.align("我在 北京大学爱Python")
    assert alignment.tokens == ("我", "在", "北", "京", "大", "学", "爱", "py", "##thon")
    assert whole_words(alignment) == [(0, 1), (1, 2), (2, 6), (6, 7), (7, 9)]


def test_a_piece_never_leaves_the_piece_that_it_continues():
    alignment = TOKENIZER.align("Café")
    assert alignment.tokens == ("ca", "##f", "##e")
    assert whole_words(alignment, lambda text: ["Caf", "é"]) == [(0, 3)]


def test_no_tokens_no_words():
    assert whole_words(TOKENIZER.align(" ")) == []


def test_segmenters_that_lose_text_are_mistakes():
    with pytest.raises(ValueError, match="the words do not join to the text"):
        whole_words(TOKENIZER.align("我 在"), str.split)
