"""Unigram and byte-pair encoding: characters of tokens, special tokens in texts, decoding, streams, words, surgery, folders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from subword_samples import BYTES, gpt2_folder, scored, sentencepiece_folder

from baselines.errors import InputError
from baselines.tokenizers.streaming import TextStream
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.words import whole_words

KINDS = ("t5", "bytes", "cpm", "gpt2", "bpe")
TEXTS = st.text(st.sampled_from("今天北京的 气ab,é\u0301\0\ud800😀𠀀㈱ｶﾞ\u1112\u1161\u11ab\n\t ▁▂<s>Ａ\u200b\ufe0f"), max_size=12)


def make(kind, folder):
    if kind == "gpt2":
        return Tokenizer.from_folder(gpt2_folder(folder))
    if kind == "bpe":
        words = [("▁", -1, 1), *((one, -2, 1) for one in "今天北京的气明白ab"), ("今天", -3, 1), ("▁今天", -4, 1), ("ab", -5, 1)]
        return Tokenizer.from_folder(sentencepiece_folder(folder, "xlm_roberta", "sentencepiece.bpe.model", None, words, kind=2))
    if kind == "cpm":
        return Tokenizer.from_folder(sentencepiece_folder(folder, "cpm", "spiece.model", {"tokenizer_class": "CpmTokenizer"}))
    pieces = [*scored(), *(BYTES if kind == "bytes" else [])]
    return Tokenizer.from_folder(sentencepiece_folder(folder, "t5", "spiece.model", {"tokenizer_class": "MT5Tokenizer"}, pieces))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return {kind: make(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_spans_cover_what_is_visible_in_order(made, kind, text):
    tokenizer = made[kind]
    alignment, ids = tokenizer.align(text), tokenizer.ids(text)
    assert len(alignment) == len(ids) and ids.min(initial=0) >= 0 and ids.max(initial=0) < len(tokenizer.vocabulary)
    starts, ends = [start for start, _ in alignment.spans], [end for _, end in alignment.spans]
    assert starts == sorted(starts) and ends == sorted(ends)
    assert all(0 <= start <= end <= len(text) for start, end in alignment.spans)
    covered = {place for start, end in alignment.spans for place in range(start, end)}
    lost = {text[place] for place in range(len(text)) if place not in covered and not text[place].isspace()}
    assert lost <= set("\0\u200b\ud800▁\ufe0f\u0301ﾞ\u1161\u11ab")
    assert not any(text[start:end] != text[start:end].strip() for start, end in alignment.spans)
    assert whole_words(alignment, list) is not None
    assert tokenizer.encode_batch([text])["token_ids"].tolist()[0] == tokenizer.encode(text)["token_ids"].tolist()
    assert not set(ids.tolist()) & (tokenizer.vocabulary.special_ids - {tokenizer.vocabulary.unk_id})


@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_bytes_give_the_text_back(made, text):
    readable = text.replace("\ud800", "\ufffd")
    assert made["gpt2"].decode(made["gpt2"].ids(text)) == readable


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_streamed_pieces_are_the_whole_text(made, kind, data):
    tokenizer = made[kind]
    ids = data.draw(st.lists(st.integers(0, len(tokenizer.vocabulary) - 1), max_size=12))
    stream = TextStream(tokenizer)
    pieces = [*map(stream.add, ids), stream.finish()]
    assert "".join(pieces) == tokenizer.decode(ids) and "\ufffd" not in "".join(pieces)


@pytest.mark.parametrize("kind", ["bytes", "gpt2"])
def test_half_a_character_is_never_shown(made, kind):
    tokenizer, stream = made[kind], TextStream(made[kind])
    ids = tokenizer.ids("囧")
    assert len(ids) >= 2
    *first, last = [stream.add(index) for index in ids]
    assert "".join(first).strip() == "" and last == "囧"
    assert tokenizer.decode(ids[:-1]).strip() == ""


def test_worked_spans(made):
    assert made["t5"].align("今天 天气").spans == ((0, 2), (3, 3), (3, 5))
    assert made["t5"].align(" 今天\u3000 的").spans[-1] == (5, 6)
    assert made["t5"].align("囧囧的").tokens == ("▁", "囧囧", "的") and made["t5"].align("囧囧的").spans == ((0, 0), (0, 2), (2, 3))
    assert made["gpt2"].align("é").spans == ((0, 1),) * len(made["gpt2"].ids("é"))
    assert made["t5"].align("今天的").token_span(2, 3) == (1, 2)
    assert made["t5"].tokenize("今天</s>") == ["▁今天", "</s>"], "unknown: the user's characters, not the end of a text"
    assert made["t5"].ids("今天</s>").tolist()[1] == made["t5"].vocabulary.unk_id


@pytest.mark.parametrize("kind", KINDS)
def test_saved_folders_read_equal(made, kind, tmp_path):
    tokenizer = made[kind].with_words(["😀", "北京的"])
    tokenizer.save(tmp_path)
    again = Tokenizer.from_folder(tmp_path)
    assert again.fingerprint() == tokenizer.fingerprint()
    assert (again.start_ids, again.between_ids, again.end_ids) == (tokenizer.start_ids, tokenizer.between_ids, tokenizer.end_ids)
    assert again.vocabulary.roles == tokenizer.vocabulary.roles and again.vocabulary.special_ids == tokenizer.vocabulary.special_ids
    text = "今天 北京的😀</s>a"
    assert again.encode(text)["token_ids"].tolist() == tokenizer.encode(text)["token_ids"].tolist()
    assert again.decode(again.ids(text)) == tokenizer.decode(tokenizer.ids(text))


@pytest.mark.parametrize("kind", KINDS)
def test_new_words_are_tokens_at_the_end(made, kind):
    old = made[kind]
    new = old.with_words(["北京的", "😀", "北京的"])
    added = new.vocabulary.tokens[len(old.vocabulary) :]
    assert added == ["北京的", "😀"] and new.vocabulary.keep_ids == [*range(len(old.vocabulary)), -1, -1]
    assert [token for token in new.tokenize("今天北京的😀") if token != "▁"][-2:] == ["北京的", "😀"]
    assert new.decode(new.ids("今天北京的😀a")).replace(" ", "") == "今天北京的😀a"
    assert new.ids("今天气").tolist() == old.ids("今天气").tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_a_subset_cuts_its_own_texts_as_before(made, kind):
    old, text = made[kind], "今天北京的天气ab 今天"
    ids = set(old.model.indispensable_ids())
    for token in old.ids(text):
        ids |= old.model.with_parts(int(token))
    ids = sorted(ids)
    new = old.subset(ids)
    assert new.vocabulary.keep_ids == ids and len(new.vocabulary) < len(old.vocabulary)
    assert [ids[i] for i in new.ids(text)] == old.ids(text).tolist()
    assert new.align(text) == old.align(text) and new.decode(new.ids(text)) == old.decode(old.ids(text))
    assert old.vocabulary.tokens[old.vocabulary.pad_id] == new.vocabulary.tokens[new.vocabulary.pad_id]


def test_producible_tokens(made):
    producible = made["t5"].model.producible_ids()
    assert len(producible) == len(made["t5"].vocabulary)
    tokenizer = made["cpm"]
    names = [tokenizer.vocabulary.tokens[i] for i in tokenizer.model.producible_ids()]
    assert "<sep>" in names and "<cls>" not in names and "今天" in names


def test_a_subset_without_a_special_token_is_refused(made):
    with pytest.raises(InputError, match="<pad> missing"):
        made["t5"].subset(range(1, 10))


def test_added_tokens_and_batches(tmp_path):
    sentencepiece_folder(tmp_path, "t5", "spiece.model", {"tokenizer_class": "MT5Tokenizer"})
    tokenizer = Tokenizer.from_folder(tmp_path, added_tokens=["<用户>"], keep_tokens=range(20))
    assert tokenizer.vocabulary.keep_ids == [*range(20), -1]
    assert tokenizer.ids("<用户>今天").tolist() == [20, 4]
    tokenizer.prepare(["今天", "今天", "天气"])
    assert tokenizer.ids("天气").tolist() == [3, 5]
    batch = tokenizer.encode_batch([("今天", "天气"), "今天"])
    assert batch["token_ids"].tolist() == [[4, 1, 3, 5, 1], [4, 1, 0, 0, 0]] and batch["segment_ids"].dtype == np.int32
    with pytest.raises(InputError, match="--max_length 0 is below 1, the special tokens of a row with 1 text"):
        tokenizer.encode("今天", max_length=0)
