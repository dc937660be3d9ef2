"""Checkpoint folders: what is found in them, what is saved, what is refused."""

import json

import pytest
import tokenizers

from baselines.errors import InputError
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary

TOKENS = [*SPECIAL_TOKENS, *"价格元aA", "##a", "##价", "北京"]


def saved(folder, **arguments):
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(TOKENS), **arguments)
    tokenizer.save(folder)
    return tokenizer


def edit(path, change):
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("lower_case", [True, False])
@pytest.mark.parametrize("without", [[], ["vocab.txt", "added_tokens.json"], ["tokenizer.json"]])
def test_saved_folders_read_again(tmp_path, lower_case, without):
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(TOKENS).with_added(["<用户>", "北京"]), lower_case, "jieba")
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
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(TOKENS).with_added(["<用户>"]))
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
    with pytest.raises(InputError, match="the id of '<a>' is 14. It must be .* 13 and up"):
        Tokenizer.from_folder(tmp_path)


def test_a_pre_tokenizer_of_ones_own_must_be_passed_again(tmp_path):
    saved(tmp_path, pre_tokenizer=list)
    with pytest.raises(InputError, match="saved with the pre-tokenizer list, .* pre_tokenizer="):
        Tokenizer.from_folder(tmp_path)
    assert Tokenizer.from_folder(tmp_path, pre_tokenizer=list).pre_tokenizer is list


def test_folders_without_a_tokenizer(tmp_path):
    with pytest.raises(InputError, match="no vocab.txt, tokenizer.json, SentencePiece model or vocab.json .an empty folder"):
        Tokenizer.from_folder(tmp_path)
    with pytest.raises(InputError, match="vocab.json .no such folder"):
        Tokenizer.from_folder(tmp_path / "none")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda content: content["model"].update(type="WordLevel"), "the model 'WordLevel' is not implemented. Choose"),
        (lambda content: content["model"].update(type="BPE"), "a part is missing or corrupted .KeyError: 'merges'"),
        (lambda content: content.update(normalizer=None), "the normalizer is None, not BERT's 'BertNormalizer'"),
        (lambda content: content["normalizer"].update(strip_accents=False), "strip_accents=False with lowercase=True"),
        (lambda content: content["model"]["vocab"].update({"x": 99}), "the ids are not 0 to 13, each once"),
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
    with pytest.raises(InputError, match="tokenizer_config.json: .*tokenize_chinese_chars=False is not implemented"):
        Tokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="tokenizer_config.json: not JSON"):
        Tokenizer.from_folder(tmp_path)


@pytest.mark.parametrize("kind", ["RoFormerTokenizer", "RoFormerTokenizerFast", "WoBertTokenizer"])
def test_word_level_classes_mean_jieba(tmp_path, kind):
    saved(tmp_path)
    edit(tmp_path / "tokenizer_config.json", lambda content: content.update(tokenizer_class=kind))
    assert Tokenizer.from_folder(tmp_path).tokenize("北京价") == ["北京", "价"]
    assert Tokenizer.from_folder(tmp_path, pre_tokenizer="none").tokenize("北京价") == ["北", "京", "价"]
    again = tmp_path / "again"
    Tokenizer.from_folder(tmp_path).save(again)
    assert json.loads((again / "tokenizer_config.json").read_text())["tokenizer_class"] == "RoFormerTokenizer"
    assert Tokenizer.from_folder(again).tokenize("北京价") == ["北京", "价"]


@pytest.mark.parametrize("kind", [None, "BertTokenizer", "BertTokenizerFast", "ElectraTokenizerFast", "PreTrainedTokenizerFast"])
def test_other_known_classes_cut_characters(tmp_path, kind):
    saved(tmp_path)
    edit(tmp_path / "tokenizer_config.json", lambda content: content.update(tokenizer_class=kind))
    assert Tokenizer.from_folder(tmp_path).tokenize("北京价") == ["北", "京", "价"]
    assert Tokenizer.from_folder(tmp_path, pre_tokenizer="jieba").tokenize("北京价") == ["北京", "价"]


@pytest.mark.parametrize("change, message", [
    ({"tokenizer_class": "XLNetTokenizer"}, "tokenizer_class XLNetTokenizer is not implemented. Did you mean"),
    ({"tokenizer_class": "T5TokenizerFast"}, "tokenizer_class T5TokenizerFast is not implemented"),
    ({"tokenizer_class": ["BertTokenizer"]}, "tokenizer_class must be a string"),
    ({"do_lower_case": "yes"}, "do_lower_case must be true or false. Received: 'yes'"),
    ({"strip_accents": [1]}, "strip_accents must be true or false"),
    ({"pre_tokenizer": 3}, "pre_tokenizer must be a string"),
    ({"mask_token": ["[MASK]"]}, 'mask_token must be text or {"content": text}. Received: "\\[\'\\[MASK\\]\'\\]"'),
    ({"pad_token": {"content": 0}}, "pad_token must be text"),
])  # fmt: skip
def test_tokenizers_that_are_none_of_ours(tmp_path, change, message):
    saved(tmp_path)
    edit(tmp_path / "tokenizer_config.json", lambda content: content.update(change))
    with pytest.raises(InputError, match=f"tokenizer_config.json: {message}"):
        Tokenizer.from_folder(tmp_path)


def test_a_generic_class_needs_its_tokenizer_json(tmp_path):
    saved(tmp_path)
    edit(tmp_path / "tokenizer_config.json", lambda content: content.update(tokenizer_class="TokenizersBackend"))
    edit(tmp_path / "tokenizer.json", lambda content: content["model"].update(type="Unigram"))
    with pytest.raises(InputError, match="the model is 'Unigram'"):
        Tokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(InputError, match="TokenizersBackend needs tokenizer.json"):
        Tokenizer.from_folder(tmp_path)


@pytest.mark.parametrize("content, message", [
    ('{"新词": "13"}', "the id of '新词' must be an integer. Received: '13'"),
    ('{"新词": 13, "新词2": null}', "the id of '新词2' must be an integer. Received: 'None'"),
    ('{"新词": -1}', "the id of '新词' is -1"),
    ('{"新词": 13, "另": 13}', "the id of '另' is 13"),
    ('{"新词": [[[13]]]}', r"the id of '新词' must be an integer. Received: '\[\[\[13\]\]\]'"),
    ('{"新词":' + "[" * 100_000, "nested too deeply"),
])  # fmt: skip
def test_refused_added_tokens(tmp_path, content, message):
    saved(tmp_path)
    (tmp_path / "added_tokens.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=f"added_tokens.json: {message}"):
        Tokenizer.from_folder(tmp_path)


@pytest.mark.parametrize("change, message", [
    (lambda content: content["model"]["vocab"].update({"[UNK]": "1"}), "must be an integer. Received: '1'"),
    (lambda content: content["model"].update(vocab=["[PAD]"]), "'vocab' must be an object. Received: list"),
    (lambda content: content.update(model=[]), "'model' must be an object. Received: list"),
    (lambda content: content.update(added_tokens={"a": 1}), '"added_tokens" must be a list'),
    (lambda content: content.update(added_tokens=[{"content": "a", "id": "7"}]), "the id of 'a' must be an integer"),
])  # fmt: skip
def test_numbers_that_are_none_in_tokenizer_json(tmp_path, change, message):
    saved(tmp_path)
    (tmp_path / "vocab.txt").unlink()
    edit(tmp_path / "tokenizer.json", change)
    with pytest.raises(InputError, match=message):
        Tokenizer.from_folder(tmp_path)


def test_added_tokens_that_only_tokenizer_json_has(tmp_path):
    tokenizer = Tokenizer.from_vocabulary(Vocabulary(TOKENS).with_added(["<用户>"]))
    tokenizer.save(tmp_path)
    (tmp_path / "added_tokens.json").unlink()
    Vocabulary(TOKENS).save(tmp_path / "vocab.txt")
    assert Tokenizer.from_folder(tmp_path).fingerprint() == tokenizer.fingerprint()


def test_the_only_vocabulary_may_have_another_name(tmp_path):
    Vocabulary(TOKENS).save(tmp_path / "vocab_chinese.txt")
    assert Tokenizer.from_folder(tmp_path).vocabulary.tokens == TOKENS
    Vocabulary(TOKENS).save(tmp_path / "vocab_other.txt")
    with pytest.raises(InputError, match="no vocab.txt"):
        Tokenizer.from_folder(tmp_path)
