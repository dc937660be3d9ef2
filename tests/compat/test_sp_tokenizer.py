"""SpTokenizer: numbers that bert4keras 0.11.5 with sentencepiece 0.2.3 gives for this model."""

import pytest
from subword_samples import sentencepiece_folder

from baselines.compat.bert4keras.tokenizers import SpTokenizer


@pytest.fixture
def path(tmp_path):
    return str(sentencepiece_folder(tmp_path, "t5", "spiece.model") / "spiece.model")


def test_ids_and_texts(path):
    tokenizer = SpTokenizer(path, token_start=None, token_end="</s>")
    names = ("_token_pad_id", "_token_unk_id", "_token_end_id", "_token_mask_id", "_vocab_size")
    assert [getattr(tokenizer, name) for name in names] == [0, 2, 1, 2, 24]
    assert tokenizer.encode("今天天气好") == ([4, 5, 11, 1], [0, 0, 0, 0])
    assert tokenizer.encode("今天囧 ab", "天气", maxlen=6) == ([4, 2, 16, 1, 3, 5, 1], [0, 0, 0, 0, 1, 1, 1])
    assert tokenizer.decode([4, 2, 5, 1, 0, 99]) == "今天 ⁇ 天气"
    assert tokenizer.tokenize("今天囧的") == ["▁今天", "囧", "的", "</s>"]
    assert [tokenizer._is_decodable(i) for i in (0, 1, 2, 4, 99)] == [False, False, False, True, False]
    assert tokenizer.token_to_id("nix") == 2 and tokenizer.id_to_token(99) == ""


def test_words_and_translations(path):
    tokenizer = SpTokenizer(
        path, token_start=None, token_end="</s>", pre_tokenize=lambda text: [text[:2], text[2:]], token_translate={"▁今天": "</s>"}
    )
    assert tokenizer.encode("今天天气") == ([1, 3, 5, 1], [0, 0, 0, 0])
    assert tokenizer.decode([1, 5]) == "今天天气"
