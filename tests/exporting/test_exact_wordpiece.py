"""tokenizer.json of an export against our own tokenizer, on the hard strings of the goldens."""

import json

import pytest
import tokenizers
from conftest import ROOT

from baselines.exporting import exact_wordpiece
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

FOLDER = ROOT / "tests" / "goldens" / "tokenizer"
TEXTS = [row["text"] for row in json.loads((FOLDER / "goldens.json").read_text(encoding="utf-8"))["rows"]]


def is_unicode(text):
    return not any(0xD800 <= ord(letter) < 0xE000 for letter in text)


@pytest.mark.parametrize("lower_case", [True, False])
def test_every_text_gives_our_ids(lower_case, tmp_path):
    ours = Tokenizer.from_vocabulary(Vocabulary.from_file(FOLDER / "vocab.txt"), lower_case=lower_case)
    ours.save(tmp_path)
    exact_wordpiece.write(tmp_path, lower_case)
    theirs = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    theirs.encode_special_tokens = True
    texts = [text for text in TEXTS if is_unicode(text)]
    assert len(texts) > 460
    assert {text: theirs.encode(text, add_special_tokens=False).ids for text in texts} == {
        text: ours.ids(text).tolist() for text in texts
    }


def test_our_tokenizer_reads_the_folder(tmp_path):
    ours = Tokenizer.from_vocabulary(Vocabulary.from_file(FOLDER / "vocab.txt"))
    ours.save(tmp_path)
    exact_wordpiece.write(tmp_path, True)
    assert Tokenizer.from_folder(tmp_path).fingerprint() == ours.fingerprint()
