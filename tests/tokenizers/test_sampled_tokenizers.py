"""Tokenizers that draw their cuts: the likeliest draw is what the library gives, spans hold, jieba's words, what is refused."""

import collections
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from subword_samples import BYTES, gpt2_folder, scored, sentencepiece_folder

from baselines.errors import InputError
from baselines.tokenizers.sampled_model import sampled_model
from baselines.tokenizers.sampled_words import SampledWords
from baselines.tokenizers.tokenizer import SampledTokenizer, Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary
from baselines.tokenizers.words import jieba_words

TEXTS = st.text(st.sampled_from("今天北京的 气ab,é\u0301\0\ud800😀𠀀㈱ｶﾞ\n\t ▁<s>Ａ\u200b"), max_size=12)
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "研究", "研究生", "生命", "起源", *"研究生命起源的，abc"]
CONFIGS = {"t5": "MT5Tokenizer", "cpm": "CpmTokenizer"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """{name: Tokenizer} of unigram models."""
    def make(name, vendor, pieces=(), **options):
        folder, config = tmp_path_factory.mktemp(name), {"tokenizer_class": CONFIGS[vendor]}
        sentencepiece_folder(folder, vendor, "spiece.model", config, [*scored(), *pieces])
        return Tokenizer.from_folder(folder, **options)

    return {
        "plain": make("plain", "t5"), "bytes": make("bytes", "t5", BYTES), "cpm": make("cpm", "cpm"),
        "added": make("added", "t5", added_tokens=["<用户>", "北京"]),
        "jieba": make("jieba", "t5", pre_tokenizer="jieba"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["plain", "bytes", "cpm", "added"])
@given(text=TEXTS | st.sampled_from(["<用户>今天", "今天<用户>北京 天气<用户>", "<用户>"]))
@settings(max_examples=80, deadline=None)
def test_the_likeliest_cut_is_the_librarys(made, name, text):
    """Normalization, spaces, bytes, unknown and added tokens, and their characters."""
    tokenizer = made[name]
    best = SampledTokenizer(sampled_model(tokenizer.model, -1.0))
    assert best.ids(text).tolist() == tokenizer.ids(text).tolist()
    assert best.align(text) == tokenizer.align(text)


@pytest.mark.parametrize("name", ["plain", "bytes", "cpm", "added", "jieba"])
@given(text=TEXTS)
@settings(max_examples=60, deadline=None)
def test_every_draw_is_the_same_text(made, name, text):
    tokenizer, drawn = made[name], made[name].sampled(0.0)
    assert set(drawn.ids(text).tolist()) <= set(range(len(tokenizer.vocabulary)))
    alignment = drawn.align(text)
    known, unknown = tokenizer.vocabulary.ids, tokenizer.vocabulary.unk_id
    assert [known.get(token, unknown) for token in alignment.tokens] == drawn.ids(text).tolist()
    starts, ends = [start for start, _ in alignment.spans], [end for _, end in alignment.spans]
    assert starts == sorted(starts) and ends == sorted(ends)
    plain = tokenizer.vocabulary.unk_id not in (*drawn.ids(text), *tokenizer.ids(text))
    if plain and name != "jieba":
        assert tokenizer.decode(drawn.ids(text)) == tokenizer.decode(tokenizer.ids(text))


def test_the_law_of_a_tokenizer(made):
    """今天天气 has 6 cuts here: drawn as often as their scores say."""
    tokenizer, text, alpha, found = made["plain"], "今天天气", 0.2, collections.Counter()
    drawn, scores = tokenizer.sampled(alpha), {piece: score for piece, score, _ in scored()}
    for seed in range(3000):
        drawn.reseed(np.random.default_rng(seed), [text])
        found[tuple(drawn.tokenize(text))] += 1
    cuts = [first + last for first in [("▁今天",), ("▁", "今天"), ("▁", "今", "天")] for last in [("天气",), ("天", "气")]]
    weights = np.exp([alpha * sum(scores[piece] for piece in cut) for cut in cuts])
    assert set(found) <= set(cuts)
    assert stats.chisquare([found[cut] for cut in cuts], 3000 * weights / weights.sum()).pvalue > 0.001


def test_a_draw_keeps_its_cuts_and_the_next_has_others(made):
    text, drawn = "今天天气北京天气今天" * 4, made["plain"].sampled(0.1)
    draws = []
    for seed in (1, 2, 1):
        drawn.reseed(np.random.default_rng(seed), [text, "好"])
        ids = drawn.ids(text).tolist()
        assert drawn.ids(text).tolist() == ids == drawn.encode_batch([text])["token_ids"][0, :-1].tolist()
        draws.append(ids)
    assert draws[0] == draws[2] != draws[1]


def test_jiebas_words_are_drawn_by_the_shares_of_its_dictionary():
    import jieba

    text, found = "研究生命", collections.Counter()
    for seed in range(2000):
        words = SampledWords(0.5)
        words.reseed(np.random.default_rng(seed))
        found[tuple(words(text))] += 1
    weights = {}
    for bits in itertools.product([0, 1], repeat=3):
        ends = [place + 1 for place, bit in enumerate(bits) if bit]
        cut = tuple(text[start:end] for start, end in itertools.pairwise([0, *ends, 4]))
        if all(jieba.dt.FREQ.get(word) for word in cut):
            weights[cut] = math.prod((jieba.dt.FREQ[word] / jieba.dt.total) ** 0.5 for word in cut)
    assert len(weights) >= 5 and set(found) <= set(weights)
    expected = 2000 * np.array(list(weights.values())) / sum(weights.values())
    often = expected >= 5
    observed = np.array([found[cut] for cut in weights])
    observed, expected = (np.append(each[often], each[~often].sum()) for each in (observed, expected))
    assert stats.chisquare(observed, expected).pvalue > 0.001


@pytest.mark.parametrize("text", ["研究生命的起源，abc 100%！\n", "他来到了网易杭研大厦T恤", "", " ", "😀北京"])
def test_the_likeliest_words_are_jiebas_own(text):
    words = SampledWords(1e4)
    assert words(text) == jieba_words(text) and "".join(SampledWords(0.0)(text)) == text


def test_a_word_vocabulary():
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(WORDS), pre_tokenizer="jieba")
    drawn, text, seen = tokenizer.sampled(0.1), "研究生命的起源", set()
    for seed in range(30):
        drawn.reseed(np.random.default_rng(seed), [text])
        ids, alignment = drawn.ids(text).tolist(), drawn.align(text)
        assert [tokenizer.vocabulary.ids[token] for token in alignment.tokens] == ids
        assert "".join(alignment.tokens) == text
        seen.add(tuple(alignment.tokens))
    assert len(seen) > 3 and ("研究", "生命", "的", "起源") == tuple(tokenizer.tokenize(text))


def test_one_way_to_cut_is_refused(tmp_path):
    characters = Tokenizer.from_vocabulary(Vocabulary(WORDS))
    with pytest.raises(InputError, match="WordPiece, lower case cuts a text in one way. Choose a unigram tokenizer"):
        characters.sampled(0.1)
    with pytest.raises(InputError, match="has no scores to draw cuts by. Choose a unigram model"):
        Tokenizer.from_folder(gpt2_folder(tmp_path)).sampled(0.1)


