"""Named entities on unigram and byte-level tokenizers: gold comes back, spaces and half characters are no borders."""

import numpy as np
import pytest
from subword_samples import BYTES, gpt2_folder, scored, sentencepiece_folder

from baselines.heads.entities import char_cells, decode_entities, encode_entities
from baselines.metrics.spans import Entity
from baselines.task import Categories, Example
from baselines.tokenizers.tokenizer import Tokenizer

CATEGORIES = Categories("LOC", "NAME")
TEXT = "今天 北京ab 天气的囧𠀀"


@pytest.fixture(params=["t5", "xlm_roberta", "gpt2"])
def tokenizer(request, tmp_path):
    if request.param == "gpt2":
        return Tokenizer.from_folder(gpt2_folder(tmp_path))
    file = {"t5": "spiece.model", "xlm_roberta": "sentencepiece.bpe.model"}[request.param]
    return Tokenizer.from_folder(sentencepiece_folder(tmp_path, request.param, file, None, [*scored(), *BYTES]))


def example(*spans):
    return Example(id=0, texts=(TEXT,), gold=[Entity(start, end, name, TEXT[start:end]) for start, end, name in spans])


def test_gold_comes_back(tokenizer):
    given = example((0, 2, "NAME"), (3, 5, "LOC"), (10, 11, "LOC"), (11, 12, "NAME"))
    ((features, found),) = encode_entities(CATEGORIES)(given, tokenizer, 128)
    assert len(found) == 4 and len(features["char_starts"]) == len(features["token_ids"])
    batch = {name: values[None] for name, values in features.items()}
    spans = char_cells(found, batch, 0)
    assert decode_entities(CATEGORIES)(given, {"entities": [spans]}) == given.gold
    special = np.isin(features["token_ids"], [*tokenizer.start_ids, *tokenizer.end_ids])
    assert (features["char_starts"][special] == -1).all() and (features["char_starts"][~special] >= 0).all()


def test_truncated_entities_have_no_cell(tokenizer):
    given = example((0, 2, "NAME"), (11, 12, "NAME"))
    ((features, found),) = encode_entities(CATEGORIES)(given, tokenizer, 5)
    assert len(features["token_ids"]) == 5 and len(found) <= 1


def test_a_space_alone_is_no_entity(tokenizer):
    ((features, _),) = encode_entities(CATEGORIES)(example(), tokenizer, 128)
    empty = np.flatnonzero((features["char_starts"] == features["char_ends"]) & (features["char_starts"] >= 0))
    batch = {name: values[None] for name, values in features.items()}
    for token in empty:
        assert char_cells([(0, token, token)], batch, 0).tolist() == []


def test_the_first_token_of_a_text_without_a_start_is_cell_0(tmp_path):
    tokenizer = Tokenizer.from_folder(sentencepiece_folder(tmp_path, "t5", "spiece.model"))
    given = Example(id=0, texts=("今天天气",), gold=[Entity(0, 2, "LOC", "今天")])
    ((features, found),) = encode_entities(CATEGORIES)(given, tokenizer, 32)
    assert found.tolist() == [[0, 0, 0]] and features["char_starts"].tolist() == [0, 2, -1]
