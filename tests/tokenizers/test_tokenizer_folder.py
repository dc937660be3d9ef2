"""Checkpoint folders: what is found in them, what is saved, what is refused."""

import json

import pytest
import tokenizers

from baselines.errors import InputError
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary
from baselines.tokenizers.wordpiece import Tokenizer

TOKENS = [*SPECIAL_TOKENS, *"价格元aA", "##a", "##价", "北京"]


def saved(folder, **arguments):
    tokenizer = Tokenizer(Vocabulary(TOKENS), **arguments)
    tokenizer.save(folder)
    return tokenizer


def edit(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("lower_case", [True, False])
@pytest.mark.parametrize("without", [[], ["vocab.txt", "added_tokens.json"], ["tokenizer.json"]])
def test_saved_folders_read_again(tmp_path, lower_case, without):
    tokenizer = Tokenizer(Vocabulary(TOKENS).with_added(["<用户>", "北京"]), lower_case, "jieba")
    tokenizer.save(tmp_path)
    for name in without:
        (tmp_path / name).unlink()
    again = Tokenizer.from_folder(tmp_path)
    assert again.fingerprint() == tokenizer.fingerprint()
    assert again.tokenize("A价<用户>北京") == ["a" if lower_case else "A", "价", "<用户>", "北京"]
    assert again.vocabulary.keep_ids is None, "rows of a saved checkpoint are its own"


def test_a_plain_vocab_txt_is_enough(tmp_path):
    Vocabulary(TOKENS).save(tmp_path / "vocab.txt")
    assert Tokenizer.from_folder(tmp_path).tokenize("A") == ["a"]
    assert Tokenizer.from_folder(tmp_path, lower_case=False).tokenize("A") == ["A"]


def test_arguments_that_change_the_vocabulary(tmp_path):
    saved(tmp_path)
    tokenizer = Tokenizer.from_folder(tmp_path, keep_tokens="producible", added_tokens=["<用户>"])
    assert tokenizer.vocabulary.tokens == [*SPECIAL_TOKENS, *"价格元aA", "##a", "<用户>"]
    assert tokenizer.vocabulary.keep_ids == [*range(11), -1]
    assert Tokenizer.from_folder(tmp_path, keep_tokens=[0, 1, 2, 3, 6]).ids("价格").tolist() == [1, 4]


def test_the_tokenizers_library_reads_what_is_saved(tmp_path):
    tokenizer = Tokenizer(Vocabulary(TOKENS).with_added(["<用户>"]))
    tokenizer.save(tmp_path)
    rust = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    encoding, ours = rust.encode("Á价b<用户>", "格,元"), tokenizer.encode_pair("Á价b<用户>", "格,元")
    assert encoding.ids == ours["token_ids"].tolist()
    assert encoding.type_ids == ours["segment_ids"].tolist()


def test_added_tokens_as_transformers_writes_them(tmp_path):
    saved(tmp_path)
    (tmp_path / "added_tokens.json").write_text('{"[SEP]": 3, "<b>": 14, "<a>": 13}', encoding="utf-8")
    tokenizer = Tokenizer.from_folder(tmp_path)
    assert tokenizer.vocabulary.tokens[13:] == ["<a>", "<b>"]
    assert tokenizer.ids("<b>[SEP]").tolist()[0] == 14 and 3 not in tokenizer.ids("<b>[SEP]")
    (tmp_path / "added_tokens.json").write_text('{"<a>": 14}', encoding="utf-8")
    with pytest.raises(InputError, match="expected the id of '<a>' to be.* 13 and up.*Received: 14"):
        Tokenizer.from_folder(tmp_path)


def test_a_pre_tokenizer_of_ones_own_must_be_passed_again(tmp_path):
    saved(tmp_path, pre_tokenizer=list)
    with pytest.raises(InputError, match="expected pre_tokenizer=.*its name, list"):
        Tokenizer.from_folder(tmp_path)
    assert Tokenizer.from_folder(tmp_path, pre_tokenizer=list).pre_tokenizer is list


def test_folders_without_a_tokenizer(tmp_path):
    with pytest.raises(InputError, match="expected vocab.txt or tokenizer.json. Received: an empty folder"):
        Tokenizer.from_folder(tmp_path)
    with pytest.raises(InputError, match="Received: no such folder"):
        Tokenizer.from_folder(tmp_path / "none")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda content: content["model"].update(type="BPE"), "expected the model WordPiece, as BERT's. Received: BPE"),
        (lambda content: content.update(normalizer=None), "expected the normalizer BertNormalizer.* Received: None"),
        (lambda content: content["normalizer"].update(strip_accents=False), "expected strip_accents=True"),
        (lambda content: content["model"]["vocab"].update({"x": 99}), "expected ids 0 to 13, each once"),
    ],
)
def test_refused_tokenizer_json(tmp_path, change, message):
    saved(tmp_path)
    (tmp_path / "vocab.txt").unlink()
    (tmp_path / "tokenizer_config.json").unlink()
    edit(tmp_path / "tokenizer.json", change)
    with pytest.raises(InputError, match=message):
        Tokenizer.from_folder(tmp_path)


def test_refused_settings(tmp_path):
    saved(tmp_path)
    edit(tmp_path / "tokenizer_config.json", lambda content: content.update(tokenize_chinese_chars=False))
    with pytest.raises(InputError, match="tokenizer_config.json: expected.*tokenize_chinese_chars=True"):
        Tokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="tokenizer_config.json: expected JSON in UTF-8"):
        Tokenizer.from_folder(tmp_path)
