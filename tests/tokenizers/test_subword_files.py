"""tokenizer.json of unigram and byte-pair models, as transformers and others write them; what is refused."""

import json

import pytest
import tokenizers
from subword_samples import byte_level
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, processors

from baselines.errors import InputError
from baselines.tokenizers.tokenizer import Tokenizer


def write(folder, tokenizer, config=None):
    folder.mkdir(parents=True, exist_ok=True)
    content = tokenizer if isinstance(tokenizer, dict) else json.loads(tokenizer.to_str())
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    if config is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def modern_bert():
    """Byte-level BPE with special tokens behind the vocabulary and runs of spaces as tokens, as ModernBERT's."""
    tokenizer = byte_level()
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens(["[UNK]", "[CLS]", "[SEP]", "[PAD]", AddedToken("[MASK]", lstrip=True, special=True)])
    tokenizer.add_tokens([AddedToken("   ", normalized=True), AddedToken("<ip>", normalized=False)])
    ids = {name: tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]")}
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=list(ids.items())
    )
    return tokenizer


ROLES = {
    "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": {"content": "[SEP]"}, "mask_token": "[MASK]",
}  # fmt: skip


def unigram(unk_id=0):
    vocabulary = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), ("▁", -3.0), ("▁今天", -4.0), ("天气", -4.0), ("好", -5.0)]
    tokenizer = tokenizers.Tokenizer(models.Unigram(vocabulary, unk_id))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1))
    return tokenizer


def test_byte_level_with_added_tokens(tmp_path):
    theirs = modern_bert()
    ours = Tokenizer.from_folder(write(tmp_path, theirs, {"tokenizer_class": "PreTrainedTokenizerFast", **ROLES}))
    for text in ("天气 good   <ip>", "e\u0301 x", "[MASK] is text"):
        if "[MASK]" not in text:
            assert ours.encode(text)["token_ids"].tolist() == theirs.encode(text).ids
            assert ours.decode(ours.ids(text)) == theirs.decode(theirs.encode(text, add_special_tokens=False).ids)
    pair, expected = ours.encode_pair("天气", "good"), theirs.encode("天气", "good")
    assert (pair["token_ids"].tolist(), pair["segment_ids"].tolist()) == (expected.ids, expected.type_ids)
    vocabulary = ours.vocabulary
    assert vocabulary.mask_id == theirs.token_to_id("[MASK]") and vocabulary.pad_id == theirs.token_to_id("[PAD]")
    assert vocabulary.mask_id not in ours.ids("[MASK] is text")
    assert set(vocabulary.added) == {"   ", "<ip>"}
    ours.save(tmp_path / "again")
    assert Tokenizer.from_folder(tmp_path / "again").fingerprint() == ours.fingerprint()


def test_roberta_processing_and_unigram(tmp_path):
    ours = Tokenizer.from_folder(write(tmp_path, unigram(), {"tokenizer_class": "XLMRobertaTokenizerFast"}))
    assert ours.encode_pair("今天天气", "好")["token_ids"].tolist() == [1, 4, 5, 2, 2, 3, 6, 2]
    assert ours.align("今天天气").tokens == ("▁今天", "天气")
    assert ours.vocabulary.pad_id == 0, "padding is masked: without a token for it, never one that frames a row"


def test_special_tokens_map_gives_roles(tmp_path):
    tokenizer = unigram()
    tokenizer.post_processor = processors.ByteLevel()
    write(tmp_path, tokenizer, {})
    (tmp_path / "special_tokens_map.json").write_text('{"bos_token": "<s>", "eos_token": "</s>"}', encoding="utf-8")
    ours = Tokenizer.from_folder(tmp_path)
    assert ours.encode("好")["token_ids"].tolist() == [1, 3, 6, 2]


def test_words_with_a_suffix(tmp_path):
    """The first GPT's tokens: the last one of a word ends with </w>."""
    vocabulary = {"<unk>": 0, "a": 1, "b": 2, "a</w>": 3, "b</w>": 4, "ab</w>": 5}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b</w>\n", encoding="utf-8")
    ours = Tokenizer.from_folder(tmp_path)
    assert ours.tokenize("AB ba") == ["ab</w>", "b", "a</w>"]
    assert ours.decode(ours.ids("ab ba")) == "ab ba" and ours.align("ab ba").spans == ((0, 2), (3, 4), (4, 5))


@pytest.mark.parametrize("change, message", [
    (lambda content: content["model"].update(type="WordLevel"), "the model 'WordLevel' is not implemented. Choose"),
    (lambda content: content["model"].update(merges=[["a"]]), "a merge is not a pair of tokens"),
    (lambda content: content["model"].update(merges=5), "a part is missing or corrupted"),
    (lambda content: content["model"]["vocab"].update(x="1"), "a part is missing or corrupted"),
    (lambda content: content["model"]["vocab"].update({"new": 99999}), "the ids are not 0 to"),
    (lambda content: content.update(pre_tokenizer={"type": "Strange"}), "refuses a stage"),
    (lambda content: content.update(pre_tokenizer={"type": "Whitespace"}, decoder=None), "tokens joined by NFC, Whitespace are"),
    (lambda content: content.update(post_processor={"type": "TemplateProcessing"}), "a part is missing or corrupted"),
    (lambda content: content.update(added_tokens=[{"content": 3}]), "a part is missing or corrupted"),
    (lambda content: content["model"]["vocab"].pop("a"), "the ids are not 0 to"),
])  # fmt: skip
def test_damaged_files(tmp_path, change, message):
    content = json.loads(modern_bert().to_str())
    change(content)
    write(tmp_path, content, ROLES)
    with pytest.raises(InputError, match=message):
        Tokenizer.from_folder(tmp_path)


def test_unknown_ids_that_are_none(tmp_path):
    content = json.loads(unigram().to_str())
    content["model"]["unk_id"] = None
    assert Tokenizer.from_folder(write(tmp_path, content)).ids("囧").tolist() == [3, 0]
    content["model"]["unk_id"] = 99
    with pytest.raises(InputError, match="tokenizer.json: a part is missing or corrupted"):
        Tokenizer.from_folder(write(tmp_path, content))


def test_pre_tokenizers_by_name(tmp_path):
    write(tmp_path, unigram(), {"pre_tokenizer": "strange"})
    with pytest.raises(InputError, match="saved with the pre-tokenizer strange"):
        Tokenizer.from_folder(tmp_path)
    with pytest.raises(InputError, match="pre_tokenizer 'jiebaa' is unknown. Choose jieba, cpm or none"):
        Tokenizer.from_folder(write(tmp_path, unigram(), {}), pre_tokenizer="jiebaa")
    words = Tokenizer.from_folder(tmp_path, pre_tokenizer="jieba")      # 今天天气 is a word of jieba
    assert words.tokenize("今天天气好") == ["▁今天", "天气", "▁", "好"]
    assert Tokenizer.from_folder(tmp_path, pre_tokenizer=list).tokenize("今天")[0] == "▁"


def test_a_template_without_tokens_leaves_the_rows_to_the_class(tmp_path):
    tokenizer = byte_level()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A:0", pair="$A:0 $B:1", special_tokens=[])
    ours = Tokenizer.from_folder(write(tmp_path, tokenizer, {"tokenizer_class": "GPT2Tokenizer"}))
    assert ours.start_ids == ours.end_ids == [ours.vocabulary.id("<|endoftext|>")]


def test_cpm_saved_by_transformers_has_its_own_rows(tmp_path):
    """The fast class has the post-processor of XLNet, A <sep> <cls>; CPM was trained on texts that end with <eod>."""
    tokenizer = unigram()
    tokenizer.add_special_tokens(["<sep>", "<cls>", "<eod>", "<pad>"])
    ids = [(name, tokenizer.token_to_id(name)) for name in ("<sep>", "<cls>")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A:0 <sep>:0 <cls>:2", pair="$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2", special_tokens=ids
    )
    ours = Tokenizer.from_folder(write(tmp_path, tokenizer, {"tokenizer_class": "CpmTokenizerFast", "eos_token": "</s>"}))
    names = [ours.vocabulary.tokens[i] for i in ours.encode_pair("今天 好", "好")["token_ids"]]
    assert names == ["▁今天", "▁", "<unk>", "▁", "好", "<sep>", "▁", "好", "<eod>"]
    xlnet = Tokenizer.from_folder(write(tmp_path, tokenizer, {"sep_token": "<sep>", "eos_token": "</s>"}))
    assert [xlnet.vocabulary.tokens[i] for i in xlnet.encode("好")["token_ids"]] == ["▁", "好", "<sep>", "<cls>"]
    assert xlnet.vocabulary.roles.end == "<sep>", "the end of a text, not the last token of a row"
