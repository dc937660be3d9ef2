"""A trimmed checkpoint gives the same outputs for texts of kept tokens, whatever its format."""

import json
import shutil

import keras
import numpy as np
import pytest
import torch_files
from conftest import write_checkpoint

from baselines.cli.main import main
from baselines.errors import InputError
from baselines.models.bert import weight_names
from baselines.models.builder import build_transformer_model, configure
from baselines.models.checkpoint import Checkpoint
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary
from baselines.weights import tensorflow_checkpoint
from baselines.weights.checkpoint import open_checkpoint
from baselines.weights.save import save_google, save_hugging_face
from baselines.workflows.vocabulary_pruning import count_tokens, retained_ids, trim

TOKENS = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", *"今天气很好语言模型学习", "##今"]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """{format: folder} of the same random model with an MLM head."""
    folder = tmp_path_factory.mktemp("trim")
    safe = write_checkpoint(folder / "safetensors", TOKENS)
    google = write_checkpoint(folder / "google", TOKENS)
    (google / "config.json").rename(google / "bert_config.json")
    keras.utils.set_random_seed(3)
    model = build_transformer_model(json.loads((safe / "config.json").read_text()), with_mlm=True)
    for weight in model.weights:
        weight.assign(np.random.default_rng(0).normal(0, 0.3, weight.shape))
    save_hugging_face(model, safe, weight_names(configure(safe)))
    save_google(model, google / "bert_model.ckpt", weight_names(configure(google)))
    torch = write_checkpoint(folder / "pytorch", TOKENS)
    tensors = open_checkpoint(safe)
    value = {name: torch_files.contiguous(str(number), tensors[name]) for number, name in enumerate(tensors)}
    torch_files.write_zip(torch / "pytorch_model.bin", value)
    return {"safetensors": safe, "google": google, "pytorch": torch}


def outputs(folder, text):
    """(tokens, {name: array}) of a text, probabilities by token."""
    tokenizer = Tokenizer.from_folder(folder)
    features = tokenizer.encode_batch([text])
    found = build_transformer_model(folder, with_mlm="linear")(features)
    return tokenizer.vocabulary, {name: keras.ops.convert_to_numpy(each) for name, each in found.items()}


@pytest.mark.parametrize("format", ["safetensors", "google", "pytorch"])
@pytest.mark.keras
def test_outputs_for_retained_ids_are_the_same(checkpoints, tmp_path, format):
    (tmp_path / "corpus.txt").write_text("今天天气很好\n语言 a\n" * 2 + "学", encoding="utf-8")
    words = ["vocab", "trim", str(checkpoints[format]), "--corpus", str(tmp_path / "corpus.txt"), "--out", str(tmp_path / "out")]
    assert main([*words, "--quiet"]) == 0
    assert not list((tmp_path / "out").glob("*.bin"))
    before, old = outputs(checkpoints[format], "今天语言很好a")
    after, new = outputs(tmp_path / "out", "今天语言很好a")
    kept = json.loads((tmp_path / "out/keep_tokens.json").read_text())["keep_tokens"]
    assert after.tokens == [before.tokens[i] for i in kept]
    assert after.tokens == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", *"今天气很好语言"]
    np.testing.assert_allclose(new["hidden_states"], old["hidden_states"], atol=1e-5)
    np.testing.assert_allclose(new["mlm"], old["mlm"][..., kept], atol=1e-5)


def test_the_most_frequent_tokens_are_kept(checkpoints):
    tokenizer = Tokenizer.from_folder(checkpoints["safetensors"])
    counts = count_tokens(tokenizer, ["今今今天天气", "囧"])
    assert counts[[tokenizer.vocabulary.id(token) for token in ("今", "天", "气", "好", "[UNK]")]].tolist() == [3, 2, 1, 0, 1]
    kept = [tokenizer.vocabulary.tokens[i] for i in retained_ids(tokenizer, counts, size=9)]
    assert kept == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "今", "天"]
    with pytest.raises(InputError, match="--size 5 is too small: special tokens and ASCII characters need 7"):
        retained_ids(tokenizer, counts, size=5)


@pytest.mark.parametrize("format", ["safetensors", "google"])
def test_rows_without_a_token_are_left_out_with_a_note(checkpoints, tmp_path, format):
    folder, notes = tmp_path / "padded", []
    shutil.copytree(checkpoints[format], folder)
    Vocabulary(TOKENS[:-1]).save(folder / "vocab.txt")
    trim(Checkpoint.open(folder, note=notes.append), tmp_path / "out", range(8))
    assert notes == [f"{folder}: the embedding has 20 rows, the vocabulary 19 tokens. The last 1 rows are left out."]
    before, old = outputs(checkpoints[format], "a")
    after, new = outputs(tmp_path / "out", "a")
    assert after.tokens == TOKENS[:8]
    np.testing.assert_allclose(new["mlm"], old["mlm"][..., :8], atol=1e-5)


def test_the_size_is_that_of_the_named_checkpoint(checkpoints, tmp_path, capsys):
    folder, corpus = tmp_path / "several", tmp_path / "corpus.txt"
    shutil.copytree(checkpoints["google"], folder)
    corpus.write_text("今天\n今天\n", encoding="utf-8")
    alone = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    for part in folder.glob("bert_model.ckpt.*"):
        shutil.copyfile(part, folder / part.name.replace("bert_model.ckpt", "model.ckpt-9"))
    (folder / "model.safetensors").write_bytes(bytes(10**7))
    words = ["vocab", "trim", str(folder / "bert_model.ckpt"), "--corpus", str(corpus), "--out", str(tmp_path / "out")]
    assert main(words) == 0
    assert f" {alone:.1f} to " in capsys.readouterr().err


def test_more_tokens_than_rows_are_refused(checkpoints, tmp_path):
    folder = tmp_path / "wrong"
    shutil.copytree(checkpoints["safetensors"], folder)
    Vocabulary([*TOKENS, "界"]).save(folder / "vocab.txt")
    with pytest.raises(InputError, match="the vocabulary has 21 tokens, but vocab_size is 20. Use the vocabulary"):
        Checkpoint.open(folder)


def test_optimizer_slots_are_dropped(checkpoints, tmp_path):
    folder = tmp_path / "training"
    shutil.copytree(checkpoints["google"], folder)
    tensors = dict(tensorflow_checkpoint.read(folder / "bert_model.ckpt"))
    table = "bert/embeddings/word_embeddings"
    tensorflow_checkpoint.write(folder / "bert_model.ckpt", tensors | {f"{table}/AdamWeightDecayOptimizer": tensors[table]})
    trim(Checkpoint.open(folder), tmp_path / "out", range(8))
    assert tensorflow_checkpoint.read(tmp_path / "out/bert_model.ckpt").keys() == tensors.keys()
