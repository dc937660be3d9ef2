"""SentencePiece and byte-level tokenizers against transformers and sentencepiece: vendors' files, and the folders that we save.

Needs requirements-parity.txt. The models are trained on the lines of subword_samples.py by the two libraries themselves.
"""

import io
import unicodedata

import pytest
from subword_samples import LINES, gpt2_folder

from baselines.tokenizers.tokenizer import Tokenizer

transformers = pytest.importorskip("transformers")
sentencepiece = pytest.importorskip("sentencepiece")

pytestmark = pytest.mark.parity

TEXTS = [*LINES, "今天 天气\u3000好", "ＡＢＣ１２３ ① ㈱", "  hello   world ", "résumé", "囧𠀀 😀", "x", "北京大学，北京！"]
TRAINED = {
    "T5Tokenizer": ("spiece.model", {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}),
    "XLMRobertaTokenizer": ("sentencepiece.bpe.model", {}),
    "AlbertTokenizer": ("spiece.model", {
        "pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "control_symbols": ["[CLS]", "[SEP]", "[MASK]"]}),
    "DebertaV2Tokenizer": ("spm.model", {
        "pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3, "pad_piece": "[PAD]", "bos_piece": "[CLS]", "eos_piece": "[SEP]",
        "unk_piece": "[UNK]"}),
}  # fmt: skip


def train(**options):
    file = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 5), model_writer=file, vocab_size=160, hard_vocab_limit=False, minloglevel=2, **options
    )
    return file.getvalue()


@pytest.fixture(params=TRAINED)
def vendor(request, tmp_path):
    """(class, folder with its vendor's files)."""
    name, options = TRAINED[request.param]
    (tmp_path / name).write_bytes(train(**options))
    (tmp_path / "tokenizer_config.json").write_text(f'{{"tokenizer_class": "{request.param}"}}', encoding="utf-8")
    return request.param, tmp_path


def assert_same(ours, theirs, texts=TEXTS):
    for text in texts:
        assert ours.encode(text)["token_ids"].tolist() == theirs(text)["input_ids"], text
        ids = ours.ids(text).tolist()
        assert ours.decode(ids) == theirs.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False), text
    pair = ours.encode_pair(texts[1], texts[2])
    assert pair["token_ids"].tolist() == theirs(texts[1], texts[2])["input_ids"]
    assert ours.vocabulary.pad_id == theirs.pad_token_id


def test_vendor_files_as_the_class_of_transformers(vendor):
    name, folder = vendor
    ours, theirs = Tokenizer.from_folder(folder), getattr(transformers, name).from_pretrained(folder)
    texts = TEXTS
    if name == "DebertaV2Tokenizer":                                    # transformers 5 leaves out the rules of spm.model
        texts = [text for text in TEXTS if unicodedata.normalize("NFKC", text) == text]
    assert_same(ours, theirs, texts)
    assert ours.vocabulary.sep_id in (theirs.sep_token_id, theirs.eos_token_id) and ours.vocabulary.unk_id == theirs.unk_token_id
    assert ours.vocabulary.roles.mask == theirs.mask_token


def test_saved_folders_load_with_auto_tokenizer(vendor):
    _, folder = vendor
    ours = Tokenizer.from_folder(folder).with_words(["大学学习"])
    ours.save(folder / "saved")
    theirs = transformers.AutoTokenizer.from_pretrained(folder / "saved")
    assert_same(ours, theirs)
    segments = theirs(TEXTS[0], TEXTS[3], return_token_type_ids=True)["token_type_ids"]
    assert ours.encode_pair(TEXTS[0], TEXTS[3])["segment_ids"].tolist() == segments
    assert len(theirs) == len(ours.vocabulary)


def test_folders_that_transformers_saved(vendor):
    name, folder = vendor
    theirs = getattr(transformers, name).from_pretrained(folder)
    theirs.save_pretrained(folder / "theirs")
    ours = Tokenizer.from_folder(folder / "theirs")
    assert_same(ours, theirs)
    assert ours.vocabulary.roles.mask == theirs.mask_token and len(ours.vocabulary) == len(theirs)


def test_gpt2_that_transformers_saved(tmp_path):
    theirs = transformers.GPT2Tokenizer.from_pretrained(gpt2_folder(tmp_path))
    theirs.save_pretrained(tmp_path / "theirs")
    ours = Tokenizer.from_folder(tmp_path / "theirs")
    assert [ours.ids(text).tolist() for text in TEXTS] == [theirs(text)["input_ids"] for text in TEXTS]
    assert ours.start_ids == ours.end_ids == [theirs.eos_token_id]


@pytest.mark.parametrize("options", [{}, {"model_type": "bpe"}, {"byte_fallback": True, "vocab_size": 400}])
def test_ids_of_sentencepiece_itself(tmp_path, options):
    options = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1} | options
    options.setdefault("vocab_size", 160)
    file = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 5), model_writer=file, hard_vocab_limit=False, minloglevel=2, **options
    )
    (tmp_path / "spiece.model").write_bytes(file.getvalue())
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "MT5Tokenizer"}', encoding="utf-8")
    ours, theirs = Tokenizer.from_folder(tmp_path), sentencepiece.SentencePieceProcessor(model_proto=file.getvalue())
    for text in TEXTS:
        assert ours.ids(text).tolist() == theirs.encode(text), text
        assert ours.decode(ours.ids(text)) == theirs.decode(theirs.encode(text)).replace(" \u2047 ", "")


def test_gpt2_files(tmp_path):
    folder = gpt2_folder(tmp_path)
    ours, theirs = Tokenizer.from_folder(folder), transformers.GPT2Tokenizer.from_pretrained(folder)
    for text in TEXTS:
        assert ours.ids(text).tolist() == theirs(text)["input_ids"], text
        assert ours.decode(ours.ids(text)) == theirs.decode(theirs(text)["input_ids"]) == text
    ours.save(folder / "saved")
    saved = transformers.AutoTokenizer.from_pretrained(folder / "saved")
    assert [saved(text)["input_ids"] for text in TEXTS] == [ours.encode(text)["token_ids"].tolist() for text in TEXTS]
    assert saved.pad_token is None and saved.eos_token_id == ours.vocabulary.sep_id
