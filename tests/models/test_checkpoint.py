"""A checkpoint is opened once, its parts agree, and no id without a token is left in the model."""

import json
import shutil

import keras
import numpy as np
import pytest
from conftest import ROOT, write_checkpoint

from baselines.errors import InputError
from baselines.inference.fill_mask import FillMask
from baselines.inference.text_embedder import TextEmbedder
from baselines.models.builder import build_transformer_model, configure
from baselines.models.checkpoint import Checkpoint
from baselines.models.families import family
from baselines.weights import safetensors_file
from baselines.weights.save import save_google, save_hugging_face

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气很好坏人"]


def saved(folder, save=save_hugging_face, rows=12, seed=5, **config):
    """A random model's checkpoint whose tables have `rows` rows; those without a token are what the model likes best."""
    write_checkpoint(folder, TOKENS, initializer_range=0.4, **{"vocab_size": rows} | config)
    config, path = configure(folder), folder if save is save_hugging_face else folder / "model.ckpt-7"
    keras.utils.set_random_seed(seed)
    model = build_transformer_model(config, with_mlm="linear")
    bias = model.get_layer("MLM-Bias").weights[0]
    bias.assign(np.where(np.arange(rows) < len(TOKENS), 0.0, 50.0))
    save(model, path, family(config.model_type).weight_names(config))
    return folder


def logits(model, ids=((2, 5, 4, 6, 3),)):
    ids = np.array(ids, np.int32)
    return keras.ops.convert_to_numpy(model({"token_ids": ids, "segment_ids": ids * 0})["mlm"])


@pytest.mark.keras
@pytest.mark.parametrize("save", [save_hugging_face, save_google])
@pytest.mark.parametrize("says_so", [True, False], ids=["as config.json says", "unmentioned"])
def test_rows_without_a_token_are_left_out_with_one_note(tmp_path, save, says_so):
    folder, notes = saved(tmp_path / "padded", save, rows=16), []
    whole = build_transformer_model(folder, with_mlm="linear")
    if not says_so:
        write_checkpoint(tmp_path / "plain", TOKENS)
        shutil.copy(tmp_path / "plain/config.json", folder)
    checkpoint = Checkpoint.open(folder, note=notes.append)
    model = checkpoint.build(with_mlm="linear")
    assert notes == [f"{folder}: the embedding has 16 rows, the vocabulary 12 tokens. The last 4 rows are left out."]
    assert model.get_layer("Embedding-Token").weights[0].shape[0] == 12 == checkpoint.config.vocab_size
    np.testing.assert_allclose(logits(model), logits(whole)[..., :12], atol=1e-5)


def test_nothing_is_filled_that_is_no_token(tmp_path):
    filled = FillMask.from_checkpoint(saved(tmp_path / "padded", rows=16)).fill("今[MASK]气", num=20)
    assert sorted(token for token, _ in filled.candidates[0]) == sorted(TOKENS)
    assert sum(probability for _, probability in filled.candidates[0]) == pytest.approx(1)
    assert len(filled.texts) == 12


def test_vectors_are_those_of_the_whole_table(tmp_path):
    folders = [saved(tmp_path / name, rows=rows) for name, rows in (("padded", 19), ("again", 19))]
    config = json.loads((folders[1] / "config.json").read_text())
    tensors = {name: array[:12] if array.shape[:1] == (19,) else array
               for name, array in safetensors_file.read(folders[1]).items()}  # fmt: skip
    safetensors_file.write(folders[1] / "model.safetensors", tensors, {"format": "pt"})
    (folders[1] / "config.json").write_text(json.dumps(config | {"vocab_size": 12}))
    first, second = (TextEmbedder.from_checkpoint(folder).encode(["今天很好", "坏人"]) for folder in folders)
    np.testing.assert_array_equal(first, second)


def test_much_longer_tables_are_asked_about(tmp_path):
    notes = []
    Checkpoint.open(write_checkpoint(tmp_path / "other", TOKENS, vocab_size=21128), note=notes.append)
    assert len(notes) == 1 and notes[0].endswith("Check that the vocabulary belongs to this checkpoint.")


def test_new_words_follow_the_tokens(tmp_path):
    checkpoint = Checkpoint.open(saved(tmp_path / "padded", rows=16)).with_words(["云", "好", "山"])
    table = checkpoint.build().get_layer("Embedding-Token").weights[0].numpy()
    assert checkpoint.tokenizer.vocabulary.tokens[12:] == ["云", "山"] and table.shape[0] == 14
    np.testing.assert_array_equal(table[12:], table[[0, 0]])


def test_padding_is_the_vocabularys(tmp_path):
    tokens = ["[UNK]", "[PAD]", *TOKENS[2:]]
    checkpoint = Checkpoint.open(write_checkpoint(tmp_path / "other", tokens, pad_token_id=0))
    assert checkpoint.config.pad_token_id == checkpoint.tokenizer.vocabulary.pad_id == 1


@pytest.mark.parametrize("source", ["model.ckpt-7", "model.ckpt-7.index", ""])
def test_a_prefix_is_a_checkpoint(tmp_path, source):
    folder = saved(tmp_path / "google", save_google)
    other = saved(tmp_path / "other", save_google, seed=6)
    expected = logits(build_transformer_model(folder, with_mlm="linear"))
    for file in other.glob("model.ckpt-7.*"):
        shutil.copy(file, folder / file.name.replace("-7", "-8", 1))
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-7"\n')
    opened = Checkpoint.open(folder / source).build(with_mlm="linear")
    for model in (opened, build_transformer_model(folder / source, with_mlm="linear")):
        np.testing.assert_allclose(logits(model), expected, atol=1e-6)


def test_other_names_are_said(tmp_path):
    folder, notes = saved(tmp_path / "chinese"), []
    (folder / "config.json").rename(folder / "bert_config_large.json")
    (folder / "vocab.txt").rename(folder / "vocab_zh.txt")
    Checkpoint.open(folder, note=notes.append).build()
    assert notes == [f"{folder}: bert_config_large.json is taken as config.json.", f"{folder}: vocab_zh.txt is taken as vocab.txt."]


def test_words_that_no_text_can_give_are_said(tmp_path):
    words = ["今天", "天气", "很好", "坏人", "好人"]
    folder, notes = write_checkpoint(tmp_path / "words", [*TOKENS, *words]), []
    assert Checkpoint.open(folder, note=notes.append).tokenizer.tokenize("今天") == ["今", "天"]
    assert len(notes) == 1 and "vocab.txt: 5 tokens are words (今天 天气 很好 …)" in notes[0]
    assert notes[0].endswith("--pre_tokenizer jieba.")
    assert Checkpoint.open(folder, pre_tokenizer="jieba", note=notes.append).tokenizer.tokenize("今天") == ["今天"]
    assert Checkpoint.open(folder, pre_tokenizer="none", note=notes.append).tokenizer.tokenize("今天") == ["今", "天"]
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "RoFormerTokenizer"}')
    assert Checkpoint.open(folder, note=notes.append).tokenizer.tokenize("今天") == ["今天"]
    assert len(notes) == 1


@pytest.mark.parametrize("file, old, new", [
    ("vocab.txt", "球", "毬"), ("config.json", '"hidden_act": "gelu"', '"hidden_act": "relu"'),
    ("tokenizer_config.json", "true", "false"), ("model.safetensors", "", ""),
])  # fmt: skip
def test_a_changed_file_of_a_runs_best_is_refused(tiny_run, tmp_path, file, old, new):
    folder = shutil.copytree(tiny_run.run / "best", tmp_path / "best")
    Checkpoint.open(folder, unchanged=True).build()
    content = (folder / file).read_bytes()
    changed = content.replace(old.encode(), new.encode()) if old else content[:-1] + bytes([content[-1] ^ 1])
    assert changed != content
    (folder / file).write_bytes(changed)
    with pytest.raises(InputError, match=f"{file}: checksum mismatch"):
        Checkpoint.open(folder, unchanged=True).build()


def test_a_best_without_digests_is_read(tiny_run, tmp_path):
    """Runs of before there were digests, and files that other programs wrote again."""
    folder = shutil.copytree(tiny_run.run / "best", tmp_path / "best")
    safetensors_file.write(folder / "model.safetensors", dict(safetensors_file.read(folder)), {"format": "pt"})
    (folder / "config.json").write_text((folder / "config.json").read_text().replace("\n", " "))
    Checkpoint.open(folder, unchanged=True).build()


def test_the_embedded_checkpoints_are_to_be_trained_in_float32():
    for name in ("mini", "mini_unilm"):
        assert json.loads((ROOT / "checkpoints" / name / "config.json").read_text())["dtype"] == "float32"
