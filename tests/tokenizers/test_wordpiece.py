"""Features, batches, added tokens, hard input. Against bert4keras: test_tokenizer_goldens.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import InputError
from baselines.tokenizers import wordpiece
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary

TOKENS = [*SPECIAL_TOKENS, *"价格元今天气好。,a", "hello", "wor", "##ld", "##a", "北京"]
TOKENIZER = Tokenizer.from_vocabulary(Vocabulary(TOKENS))
TEXTS = st.text(st.sampled_from("价格 a,é\u0301\0\ud800😀b"), max_size=12)


def lists(features):
    return {name: array.tolist() for name, array in features.items()}


def test_one_text():
    features = TOKENIZER.encode("价格 Hello WORLD!")
    assert lists(features) == {"token_ids": [2, 5, 6, 15, 16, 17, 1, 3], "segment_ids": [0] * 8}
    assert features["token_ids"].dtype == features["segment_ids"].dtype == np.int32
    assert lists(TOKENIZER.encode("")) == {"token_ids": [2, 3], "segment_ids": [0, 0]}


def test_a_pair():
    features = TOKENIZER.encode_pair("价", "格元")
    assert lists(features) == {"token_ids": [2, 5, 3, 6, 7, 3], "segment_ids": [0, 0, 0, 1, 1, 1]}
    assert TOKENIZER.encode_pair("价", "格元", second_segment=0)["segment_ids"].tolist() == [0] * 6
    trimmed = TOKENIZER.encode_pair("价格", "今天", 6)
    assert trimmed["token_ids"].tolist() == [2, 5, 3, 8, 9, 3], "of equals the first loses"


def test_three_pieces_with_tokens_of_the_task_itself():
    pieces = [TOKENIZER.ids("今天天气好"), [TOKENIZER.vocabulary.mask_id] * 2, TOKENIZER.ids("")]
    features = TOKENIZER.assemble(pieces, 8, segments=(0, 1, 1), trim_order=(2, 1, 0))
    assert lists(features) == {"token_ids": [2, 8, 9, 3, 4, 4, 3, 3], "segment_ids": [0, 0, 0, 0, 1, 1, 1, 1]}


@given(st.lists(st.one_of(TEXTS, st.tuples(TEXTS, TEXTS)), max_size=6), st.one_of(st.none(), st.integers(3, 30)))
def test_batches_are_padded_rows(texts, max_length):
    batch = TOKENIZER.encode_batch(texts, max_length)
    assert len(batch["token_ids"]) == len(texts)
    for index, text in enumerate(texts):
        row = TOKENIZER.encode(text, max_length) if isinstance(text, str) else TOKENIZER.encode_pair(*text, max_length)
        length = len(row["token_ids"])
        assert max_length is None or length <= max_length
        for name, values in row.items():
            assert batch[name][index, :length].tolist() == values.tolist()
            assert not batch[name][index, length:].any()


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_prepared_texts_encode_the_same(texts, other):
    prepared = Tokenizer.from_vocabulary(TOKENIZER.vocabulary)
    prepared.prepare(iter(texts))
    for text in [*texts, other]:
        assert prepared.ids(text).tolist() == TOKENIZER.ids(text).tolist()


def test_remembered_words_are_bounded(monkeypatch):
    monkeypatch.setattr(wordpiece, "_REMEMBERED_WORDS", 2)
    tokenizer = Tokenizer.from_vocabulary(TOKENIZER.vocabulary)
    assert tokenizer.ids("价格元今天气好").tolist() == [5, 6, 7, 8, 9, 10, 11]
    assert len(tokenizer.model._pieces) <= 2


@pytest.mark.parametrize("text", ["", " ", "\t\r\n\u3000", "\0\0", "\u200b", "\u0301"])
def test_texts_of_nothing(text):
    assert TOKENIZER.tokenize(text) == [] and TOKENIZER.ids(text).shape == (0,)
    assert TOKENIZER.decode(TOKENIZER.ids(text)) == ""


def test_added_tokens_are_found_verbatim_in_raw_text():
    tokenizer = Tokenizer.from_vocabulary(TOKENIZER.vocabulary.with_added(["<A>", "<A>B", "天气"]))
    assert tokenizer.tokenize("今天天气<A>B好<A>价<a>") == "今 天 天气 <A>B 好 <A> 价 < a >".split()
    assert tokenizer.align("今天 天气\u0301<A>").spans == ((0, 1), (1, 2), (3, 6), (6, 9))
    assert tokenizer.vocabulary.keep_ids[-3:] == [-1, -1, -1]
    assert tokenizer.decode(tokenizer.ids("今天气<A>好")) == "今天气<A>好"


def test_special_tokens_in_a_text_are_text():
    assert TOKENIZER.tokenize("价[SEP]格") == ["价", "[", "sep", "]", "格"]
    assert TOKENIZER.vocabulary.sep_id not in TOKENIZER.ids("价[SEP]格")


def test_pre_tokenized_words_stay_whole_and_align():
    def pairs(text):
        return [text[i : i + 2] for i in range(0, len(text), 2)]

    tokenizer = Tokenizer.from_vocabulary(TOKENIZER.vocabulary, pre_tokenizer=pairs)
    assert tokenizer.tokenize("北京今天A,") == ["北京", "今", "天", "a", ","]
    assert tokenizer.align("北京今天A,").spans == ((0, 2), (2, 3), (3, 4), (4, 5), (5, 6))
    assert tokenizer.tokenize("价北京格") == ["价", "北", "京", "格"]


def test_pre_tokenizers_that_lose_text_are_mistakes():
    with pytest.raises(ValueError, match="expected words that join to '价 格'"):
        Tokenizer.from_vocabulary(TOKENIZER.vocabulary, pre_tokenizer=str.split).tokenize("价 格")
    with pytest.raises(InputError, match="pre_tokenizer 'jiebaa' is unknown. Choose jieba or none, or a function."):
        Tokenizer.from_vocabulary(TOKENIZER.vocabulary, pre_tokenizer="jiebaa")


@pytest.mark.parametrize(
    "tokens, text",
    [
        ("价 格 12 . 5 元", "价格12.5元"),
        ("[CLS] 今 天 ， 天 气 [SEP]", "今天，天气"),
        ("hello wor ##ld ! it ' s ok", "hello world! it's ok"),
        ("我 用 python 写", "我用python写"),
        ("##s 的", "s的"),
        ("", ""),
    ],
)
def test_decoding(tokens, text):
    vocabulary = Vocabulary(dict.fromkeys([*SPECIAL_TOKENS, *tokens.split()]))
    assert Tokenizer.from_vocabulary(vocabulary).decode(np.array([vocabulary.id(t) for t in tokens.split()], np.int32)) == text


def test_ids_beyond_the_vocabulary_cannot_be_decoded():
    with pytest.raises(ValueError, match=r"expected ids below 20. Received: \[20\]"):
        TOKENIZER.decode([5, 20])


def test_fingerprints_tell_tokenizers_apart():
    vocabulary = TOKENIZER.vocabulary
    others = [
        Tokenizer.from_vocabulary(vocabulary, lower_case=False),
        Tokenizer.from_vocabulary(vocabulary, pre_tokenizer="jieba"),
        Tokenizer.from_vocabulary(vocabulary.with_added(["天气"])),
        Tokenizer.from_vocabulary(vocabulary.subset(range(len(vocabulary) - 1))),
    ]
    assert len({tokenizer.fingerprint() for tokenizer in [TOKENIZER, *others]}) == 5
    assert Tokenizer.from_vocabulary(Vocabulary(TOKENS)).fingerprint() == TOKENIZER.fingerprint()
