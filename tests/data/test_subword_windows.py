"""Windows of long contexts on unigram and byte-level tokenizers: every answer is found again, as the user wrote it."""

import numpy as np
import pytest
from subword_samples import BYTES, gpt2_folder, scored, sentencepiece_folder

from baselines.data.readers.squad_json import Answer
from baselines.data.windows import NO_ANSWER, encode_answers, encode_windows
from baselines.task import Example
from baselines.tokenizers.tokenizer import Tokenizer

CONTEXT = "今天 北京的天气 好，ＡＢ ab 囧" * 8


@pytest.fixture(params=["t5", "xlm_roberta", "gpt2"])
def tokenizer(request, tmp_path):
    if request.param == "gpt2":
        return Tokenizer.from_folder(gpt2_folder(tmp_path))
    file = {"t5": "spiece.model", "xlm_roberta": "sentencepiece.bpe.model"}[request.param]
    return Tokenizer.from_folder(sentencepiece_folder(tmp_path, request.param, file, None, [*scored(), *BYTES]))


@pytest.mark.parametrize("encode", [encode_windows, encode_answers])
@pytest.mark.parametrize("start, end", [(3, 5), (0, 2), (9, 10), (14, 16), (17, 18), (24, 26)])
def test_answers_come_back(tokenizer, encode, start, end):
    given = Example(id="q", texts=("北京的天气", CONTEXT), gold=(Answer(CONTEXT[start:end], start),))
    found, size = 0, 40
    for features, target in encode(given, tokenizer, size):
        mask, ids = features["window_mask"], features["token_ids"]
        assert len(ids) <= size and mask[0] == 1
        assert ids[: len(tokenizer.start_ids)].tolist() == tokenizer.start_ids
        assert not mask[len(ids) - len(tokenizer.end_ids) :].any()
        if tuple(target) != NO_ANSWER:
            first, last = target
            assert mask[first] and mask[last], "an answer begins and ends with characters"
            assert CONTEXT[features["char_starts"][first] : features["char_ends"][last]] == CONTEXT[start:end]
            found += 1
    assert found >= 1


def test_every_character_is_in_a_window(tokenizer):
    given = Example(id="q", texts=("今天", CONTEXT))
    covered = np.zeros(len(CONTEXT), bool)
    for features, _ in encode_windows(given, tokenizer, 40):
        for start, end in zip(features["char_starts"][1:], features["char_ends"][1:], strict=True):
            covered[start:end] = True
    assert all(covered[place] or CONTEXT[place].isspace() for place in range(len(CONTEXT)))
