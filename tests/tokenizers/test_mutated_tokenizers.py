"""Any mutation of a tokenizer's files gives a tokenizer that works, or one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import bounded, changed_file, content_or_refusal

from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary

TOKENS = [*SPECIAL_TOKENS, *"价格元aA", "##a", "##价", "北京"]


def works(folder):
    tokenizer = Tokenizer.from_folder(folder)
    for text in ("价格 Á<用户>北京b", "\ud800", ""):
        ids = tokenizer.ids(text)
        assert ids.min(initial=0) >= 0 and ids.max(initial=0) < len(tokenizer.vocabulary)
        tokenizer.decode(ids)
        assert len(tokenizer.align(text)) == len(ids)
    tokenizer.save(folder / "again")
    assert Tokenizer.from_folder(folder / "again").vocabulary.tokens == tokenizer.vocabulary.tokens
    return tokenizer


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    Tokenizer.from_vocabulary(Vocabulary(TOKENS).with_added(["<用户>"])).save(folder)
    return folder


@pytest.mark.parametrize("name, without", [
    ("vocab.txt", ()),
    ("tokenizer_config.json", ()),
    ("added_tokens.json", ()),
    ("tokenizer.json", ("vocab.txt", "tokenizer_config.json", "added_tokens.json")),
    ("tokenizer.json", ("added_tokens.json",)),
])  # fmt: skip
@bounded
@given(data=st.data())
def test_a_mutated_file(folder, name, without, data):
    whole = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    try:
        for other in without:
            (folder / other).unlink()
        (folder / name).write_bytes(data.draw(changed_file(whole[name])))
        content_or_refusal(works, folder)
    finally:
        for other, content in whole.items():
            (folder / other).write_bytes(content)


def test_the_whole_files_work(folder):
    assert works(folder).vocabulary.tokens == [*TOKENS, "<用户>"]
