"""Vendors' own files: ids, special tokens and rows of T5, XLM-R, ALBERT, DeBERTa, CPM and GPT-2."""

import json

import pytest
from subword_samples import BYTES, SPECIAL, gpt2_folder, model_proto, scored, sentencepiece_folder

from baselines.errors import InputError
from baselines.storage.protocol_buffers import message
from baselines.tokenizers.sentencepiece_file import NORMAL
from baselines.tokenizers.tokenizer import Tokenizer


def tokens(tokenizer, features):
    return [tokenizer.vocabulary.tokens[i] for i in features["token_ids"]]


def test_t5(tmp_path):
    sentencepiece_folder(tmp_path, "t5", "spiece.model", {"tokenizer_class": "T5Tokenizer"})
    tokenizer = Tokenizer.from_folder(tmp_path)
    assert tokens(tokenizer, tokenizer.encode("今天天气好")) == ["▁今天", "天气", "好", "</s>"]
    assert tokenizer.encode("今天天气")["token_ids"].tolist() == [4, 5, 1]
    assert tokens(tokenizer, tokenizer.encode_pair("今天", "ab")) == ["▁今天", "</s>", "▁ab", "</s>"]
    assert tokenizer.encode_pair("今天", "ab")["segment_ids"].tolist() == [0, 0, 0, 0]
    vocabulary = tokenizer.vocabulary
    assert (vocabulary.pad_id, vocabulary.sep_id, vocabulary.unk_id, tokenizer.start_ids) == (0, 1, 2, [])
    assert vocabulary.tokens[-100:] == [f"<extra_id_{number}>" for number in range(99, -1, -1)]
    assert not vocabulary.has_mask and vocabulary.id("<extra_id_0>") in vocabulary.special_ids
    assert tokenizer.encode_batch(["今天", "天气好"])["token_ids"].tolist() == [[4, 1, 0, 0], [3, 5, 11, 1]]


@pytest.mark.parametrize("config, model_config, expected", [
    ({"tokenizer_class": "MT5Tokenizer"}, {}, 0),
    ({"tokenizer_class": "T5Tokenizer", "extra_ids": 0}, {}, 0),
    (None, {"model_type": "t5", "vocab_size": 128}, 100),
    (None, {"model_type": "t5", "vocab_size": 100}, 0),
    (None, {}, 0),
])  # fmt: skip
def test_extra_ids_as_the_files_say(tmp_path, config, model_config, expected):
    """bert4keras and mT5 count pieces only; T5 has a hundred more, if its table has rows for them."""
    sentencepiece_folder(tmp_path, "t5", "spiece.model", config)
    (tmp_path / "config.json").write_text(json.dumps(model_config), encoding="utf-8")
    assert len(Tokenizer.from_folder(tmp_path).vocabulary) == 24 + expected


def test_xlm_roberta_has_the_ids_of_fairseq(tmp_path):
    tokenizer = Tokenizer.from_folder(sentencepiece_folder(tmp_path, "xlm_roberta", "sentencepiece.bpe.model"))
    assert tokenizer.vocabulary.tokens[:6] == ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁今天"]
    assert tokenizer.vocabulary.tokens[-1] == "<mask>" and tokenizer.vocabulary.mask_id == 25
    assert tokenizer.ids("今天囧").tolist() == [5, 3]
    pair = tokenizer.encode_pair("今天", "ab")
    assert tokens(tokenizer, pair) == ["<s>", "▁今天", "</s>", "</s>", "▁ab", "</s>"]
    assert pair["segment_ids"].tolist() == [0] * 6
    cut = tokenizer.encode_pair("今天天气好", "ab", max_length=7)
    assert tokens(tokenizer, cut) == ["<s>", "▁今天", "天气", "</s>", "</s>", "▁ab", "</s>"]


def test_albert_cases_accents_and_numbers(tmp_path):
    pieces = [*scored(), ("9,", -1.0, NORMAL), ("9", -8.0, NORMAL), (",", -8.0, NORMAL), ('"', -8.0, NORMAL)]
    sentencepiece_folder(tmp_path, "albert", "spiece.model", {"tokenizer_class": "AlbertTokenizer"}, pieces)
    tokenizer = Tokenizer.from_folder(tmp_path)
    assert tokens(tokenizer, tokenizer.encode_pair("AB É", "今天")) == ["[CLS]", "▁ab", "▁", "e", "[SEP]", "▁今天", "[SEP]"]
    assert tokenizer.encode_pair("AB É", "今天")["segment_ids"].tolist() == [0, 0, 0, 0, 0, 1, 1]
    assert tokenizer.tokenize("``9,''") == ["▁", '"', "9", ",", '"']
    assert tokenizer.lower_case and not Tokenizer.from_folder(tmp_path, lower_case=False).lower_case
    assert Tokenizer.from_folder(tmp_path, lower_case=False).tokenize("AB")[0] == "▁"
    assert tokenizer.vocabulary.mask_id == 4


def test_deberta_appends_its_mask(tmp_path):
    sentencepiece_folder(tmp_path, "deberta", "spm.model", {"tokenizer_class": "DebertaV2Tokenizer"})
    tokenizer = Tokenizer.from_folder(tmp_path)
    assert tokens(tokenizer, tokenizer.encode("今天")) == ["[CLS]", "▁今天", "[SEP]"]
    assert tokenizer.vocabulary.tokens[-1] == "[MASK]" and not tokenizer.lower_case
    sentencepiece_folder(tmp_path, "deberta", "spm.model", {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": True})
    assert Tokenizer.from_folder(tmp_path).lower_case


def test_cpm_joins_words_and_writes_spaces_as_signs(tmp_path):
    sentencepiece_folder(tmp_path, "cpm", "spiece.model", {"tokenizer_class": "CpmTokenizer"})
    tokenizer = Tokenizer.from_folder(tmp_path)
    text = "今天 北京\n天气"
    assert tokenizer.tokenize(text) == ["▁今天", "▁", "\u2582", "▁", "北京", "▁", "\u2583", "▁", "天气"]
    assert tokenizer.align(text).spans == ((0, 2), (3, 3), (3, 3), (3, 3), (3, 5), (6, 6), (6, 6), (6, 6), (6, 8))
    assert tokenizer.decode(tokenizer.ids(text)) == text
    assert tokens(tokenizer, tokenizer.encode("今天"))[-1] == "<eod>"
    plain = Tokenizer.from_folder(tmp_path, pre_tokenizer="none")
    assert plain.tokenize("今天天气") == ["▁今天", "天气"] and plain.fingerprint() != tokenizer.fingerprint()


def test_gpt2_reads_vocab_json_and_merges_txt(tmp_path):
    tokenizer = Tokenizer.from_folder(gpt2_folder(tmp_path))
    text = "天气 good\n 😀"
    assert tokenizer.decode(tokenizer.ids(text)) == text
    end = tokenizer.vocabulary.id("<|endoftext|>")
    assert tokenizer.vocabulary.sep_id == end and tokenizer.start_ids == [end] and tokenizer.end_ids == [end]
    assert end not in tokenizer.ids("a<|endoftext|>b")
    assert tokenizer.vocabulary.tokens[tokenizer.vocabulary.pad_id] == "ÿ", "byte 255 is in no UTF-8 text"


def test_sentencepiece_bpe(tmp_path):
    words = [("▁", -1, 1), ("a", -2, 1), ("b", -3, 1), ("c", -4, 1), ("ab", -5, 1), ("▁ab", -6, 1), ("bc", -7, 1)]
    sentencepiece_folder(tmp_path, "xlm_roberta", "sentencepiece.bpe.model", None, words, kind=2)
    tokenizer = Tokenizer.from_folder(tmp_path)
    assert tokenizer.tokenize("abc bc") == ["▁ab", "c", "▁", "bc"]


@pytest.mark.parametrize("content, message", [
    (b"", "0 pieces, of which 0 unknown"),
    (b"not a model at all", "not a SentencePiece model, or corrupted"),
    (model_proto([*SPECIAL["t5"], *scored()])[:-7], "not a SentencePiece model, or corrupted"),
    (model_proto([*SPECIAL["t5"], *scored()], kind=3), "the model type is 'word'. Choose a checkpoint with a unigram or bpe"),
    (model_proto([*SPECIAL["t5"], *scored()], kind=4), "the model type is 'char'"),
    (model_proto(scored()), "of which 0 unknown"),
    (model_proto([*SPECIAL["t5"], *scored()]) + message({2: message({3: 1, 24: 1})}), "spaces behind words .* are not implemented"),
])  # fmt: skip
def test_damaged_models(tmp_path, content, message):
    (tmp_path / "spiece.model").write_bytes(content)
    with pytest.raises(InputError, match=message):
        Tokenizer.from_folder(tmp_path)


def test_missing_files(tmp_path):
    config = tmp_path / "tokenizer_config.json"
    config.write_text('{"tokenizer_class": "T5Tokenizer"}', encoding="utf-8")
    with pytest.raises(InputError, match="no SentencePiece model .spiece.model, .* Copy or download it too"):
        Tokenizer.from_folder(tmp_path)
    config.unlink()
    (tmp_path / "config.json").write_text('{"model_type": "xlm-roberta"}', encoding="utf-8")
    with pytest.raises(InputError, match="no SentencePiece model"):
        Tokenizer.from_folder(tmp_path)
    gpt2_folder(tmp_path)
    (tmp_path / "merges.txt").unlink()
    with pytest.raises(InputError, match="vocab.json needs merges.txt"):
        Tokenizer.from_folder(tmp_path)
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b c\n", encoding="utf-8")
    with pytest.raises(InputError, match="'a b c' is not a pair of tokens"):
        Tokenizer.from_folder(tmp_path)


def test_a_class_that_is_not_implemented(tmp_path):
    sentencepiece_folder(tmp_path, "t5", "spiece.model", {"tokenizer_class": "BigBirdTokenizer"})
    with pytest.raises(InputError, match="tokenizer_class BigBirdTokenizer is not implemented for this file"):
        Tokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    (tmp_path / "spiece.model").write_bytes(model_proto([("<nul>", 0, 2), *scored()]))
    with pytest.raises(InputError, match="Set tokenizer_class in tokenizer_config.json to one of T5Tokenizer"):
        Tokenizer.from_folder(tmp_path)


def test_bytes_of_what_has_no_piece(tmp_path):
    sentencepiece_folder(tmp_path, "t5", "spiece.model", {"tokenizer_class": "MT5Tokenizer"}, [*scored(), *BYTES])
    tokenizer = Tokenizer.from_folder(tmp_path)
    assert tokenizer.tokenize("今天囧") == ["▁今天", "<0xE5>", "<0x9B>", "<0xA7>"]
    assert tokenizer.align("囧𠀀").spans == ((0, 0), *[(0, 1)] * 3, *[(1, 2)] * 4)
    assert tokenizer.decode(tokenizer.ids("今天囧𠀀")) == "今天囧𠀀" and tokenizer.vocabulary.unk_id not in tokenizer.ids("囧")
