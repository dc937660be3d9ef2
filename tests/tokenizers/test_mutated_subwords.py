"""Any mutation of a SentencePiece model, of vocab.json, merges.txt or tokenizer.json gives a tokenizer that works, or one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import bounded, changed_file, content_or_refusal
from subword_samples import gpt2_folder, scored, sentencepiece_folder

from baselines.tokenizers.tokenizer import Tokenizer

CONFIG = {"tokenizer_class": "T5Tokenizer", "extra_ids": 3, "do_lower_case": True, "keep_accents": False, "add_prefix_space": True}
TEXTS = ("今天 天气Á<用户>b</s>", "\ud800", "", " ")


def works(folder):
    tokenizer = Tokenizer.from_folder(folder)
    for text in TEXTS:
        ids = tokenizer.ids(text)
        assert ids.min(initial=0) >= 0 and ids.max(initial=0) < len(tokenizer.vocabulary)
        tokenizer.decode(ids)
        assert len(tokenizer.align(text)) == len(ids)
    tokenizer.save(folder / "again")
    again = Tokenizer.from_folder(folder / "again")
    assert again.vocabulary.tokens == tokenizer.vocabulary.tokens
    assert [again.ids(text).tolist() for text in TEXTS] == [tokenizer.ids(text).tolist() for text in TEXTS]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("subwords")
    made = {"pieces": sentencepiece_folder(root / "pieces", "t5", "spiece.model", CONFIG, scored()),
            "bytes": gpt2_folder(root / "bytes")}  # fmt: skip
    for name, folder in tuple(made.items()):
        made[f"saved {name}"] = root / f"saved_{name}"
        Tokenizer.from_folder(folder).save(made[f"saved {name}"])
    return made


@pytest.mark.parametrize("kind, name", [
    ("pieces", "spiece.model"), ("pieces", "tokenizer_config.json"), ("bytes", "vocab.json"), ("bytes", "merges.txt"),
    ("saved pieces", "tokenizer.json"), ("saved bytes", "tokenizer.json"), ("saved bytes", "tokenizer_config.json"),
])  # fmt: skip
@bounded
@given(data=st.data())
def test_a_mutated_file(folders, kind, name, data):
    path = folders[kind] / name
    whole = path.read_bytes()
    try:
        path.write_bytes(data.draw(changed_file(whole)))
        content_or_refusal(works, folders[kind])
    finally:
        path.write_bytes(whole)


def test_the_whole_files_work(folders):
    for folder in folders.values():
        works(folder)
