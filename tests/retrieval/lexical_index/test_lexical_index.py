"""BM25 equals the formula summed in a loop, whatever texts came and went before, and damage is one line."""

import math
import random

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.retrieval.lexical_index import postings
from baselines.retrieval.lexical_index.terms import terms_of
from baselines.retrieval.vector_index import changing, relinking
from baselines.retrieval.vector_index.index import VectorIndex

MODEL = {"fingerprint": "abc", "source": "runs/simbert/1", "pooling": "first"}
LETTERS = "天气预报说明上海下雨北京晴朗借书证怎么办理"
DRAW = random.Random(3)
TEXTS = ["".join(DRAW.choices(LETTERS, k=DRAW.randint(2, 12))) for _ in range(30)]
TEXTS += ["天天天天天", "!!!", "Python3 怎么学", "ＰＹＴＨＯＮ3"]


def vectors(count):
    return np.eye(8, dtype=np.float32)[np.arange(count) % 8]


def rows(texts, ids=None):
    return [(None if ids is None else ids[number], {"text": text}) for number, text in enumerate(texts)]


def make(folder, texts, ids=None):
    return changing.create(folder, vectors(len(texts)), rows(texts, ids), MODEL, lexical=True)


def by_loop(query, texts, k1=1.5, b=0.75):
    """The score of each text, from the formula."""
    documents = [terms_of(text) for text in texts]
    mean = sum(map(len, documents)) / len(documents)
    scores = []
    for document in documents:
        score = 0.0
        for term in terms_of(query):
            having = sum(term in other for other in documents)
            frequency = document.count(term)
            idf = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
            score += idf * frequency / (frequency + k1 * (1 - b + b * len(document) / mean))
        scores.append(score)
    return scores


def scores_by_text(index, query):
    found, positions = index.lexical.search(terms_of(query), 1000)
    return {index.item(position).text: score for score, position in zip(found.tolist(), positions.tolist(), strict=True)}


@pytest.mark.parametrize("query", ["上海下雨", "python3", "天天", "怎么办理借书证，北京", "没有的字"])
def test_scores_are_those_of_the_formula(tmp_path, query):
    index = make(tmp_path / "index", TEXTS)
    expected = {text: score for text, score in zip(TEXTS, by_loop(query, TEXTS), strict=True) if score}
    assert scores_by_text(index, query) == pytest.approx(expected, rel=1e-5)
    scores, positions = index.lexical.search(terms_of(query), 5)
    order = sorted(range(len(TEXTS)), key=lambda position: (-np.float32(index.lexical.scores(terms_of(query))[position]), position))
    assert positions.tolist() == [position for position in order if TEXTS[position] in expected][:5]
    assert (np.diff(scores) <= 0).all()


def test_a_worked_score():
    """Two texts, 天气 in one: idf log(1 + 1.5/1.5); 3 terms each, the mean; 1 / (1 + 1.5)."""
    assert terms_of("天气") == ["天气", "天", "气"]
    assert by_loop("天气", ["天气", "下雨"])[0] == pytest.approx(3 * math.log(2) / 2.5)


def test_terms_are_words_and_their_characters():
    assert terms_of("借书证在哪，ＡＢＣ12!") == ["借书证", "借", "书", "证", "在", "哪", "abc12"]
    assert terms_of(" ，。!") == []


def test_an_index_that_changed_scores_like_a_new_one(tmp_path):
    make(tmp_path / "index", TEXTS[:20])
    changing.add(tmp_path / "index", vectors(len(TEXTS) - 20), rows(TEXTS[20:]))
    some = [2, 5, 33]                                                   # these are marked only
    changing.delete(tmp_path / "index", some)
    remaining = [text for number, text in enumerate(TEXTS, 1) if number not in some]
    for query in ("天气预报", "python3 怎么办"):
        expected = {text: score for text, score in zip(remaining, by_loop(query, remaining), strict=True) if score}
        assert scores_by_text(VectorIndex.open(tmp_path / "index"), query) == pytest.approx(expected, rel=1e-5)
    more = list(range(6, 20))                                           # now the positions are renumbered
    changing.delete(tmp_path / "index", more)
    index = VectorIndex.open(tmp_path / "index", verify=True)
    assert index.header["counts"]["deleted"] == 0
    remaining = [text for number, text in enumerate(TEXTS, 1) if number not in some + more]
    expected = {text: score for text, score in zip(remaining, by_loop("天气预报", remaining), strict=True) if score}
    assert scores_by_text(index, "天气预报") == pytest.approx(expected, rel=1e-5)


def test_words_are_counted_later(tmp_path):
    changing.create(tmp_path / "index", vectors(len(TEXTS)), rows(TEXTS), MODEL)
    changing.delete(tmp_path / "index", [3])
    assert VectorIndex.open(tmp_path / "index").lexical is None
    seen = []
    index = relinking.add_lexical(tmp_path / "index", lambda *counts: seen.append(counts))
    remaining = TEXTS[:2] + TEXTS[3:]
    expected = {text: score for text, score in zip(remaining, by_loop("下雨", remaining), strict=True) if score}
    assert scores_by_text(VectorIndex.open(index.folder, verify=True), "下雨") == pytest.approx(expected, rel=1e-5)
    weights = {"vectors": 0.3, "lexical": 0.7}
    relinking.set_fusion(tmp_path / "index", weights)
    changing.add(tmp_path / "index", vectors(1), rows(["新"]))
    assert VectorIndex.open(tmp_path / "index").header["fusion"] == weights


def test_chunks_change_nothing(tmp_path, monkeypatch):
    whole = make(tmp_path / "whole", TEXTS)
    monkeypatch.setattr(postings, "CHUNK_SIZE", 7)
    parts = make(tmp_path / "parts", TEXTS)
    names = ("starts", "texts", "counts", "lengths")
    assert all(np.array_equal(getattr(whole.lexical, name), getattr(parts.lexical, name)) for name in names)
    assert whole.lexical.terms.texts() == parts.lexical.terms.texts()


@pytest.mark.parametrize("name", ["postings_starts", "postings_texts", "terms_keys", "text_lengths"])
def test_damage_is_one_line(tmp_path, name):
    make(tmp_path / "index", TEXTS)
    path = tmp_path / "index" / f"{name}.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"{name}.npy: checksum mismatch"):
        VectorIndex.open(tmp_path / "index")
