"""The embedded checkpoints: small, whole, in float16, and better than nothing; each task's --demo starts from the right one."""

import json

import keras
import numpy as np
import pytest
from conftest import ROOT
from safetensors.numpy import load_file

from baselines.models.builder import build_transformer_model
from baselines.plugins import task_catalog

CHECKPOINTS = ROOT / "checkpoints"
FLAVOURS = ("mini", "mini_unilm")
WRITE = {"chat", "chat/lccc", "kgclue", "seq2seq", "seq2seq/csl_title", "simbert"}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_weights_are_small_and_float16(flavour):
    path = CHECKPOINTS / flavour / "model.safetensors"
    assert path.stat().st_size <= 12_000_000
    tensors = load_file(path)
    assert {array.dtype for array in tensors.values()} == {np.dtype(np.float16)}
    assert all(np.isfinite(array).all() for array in tensors.values())
    config = json.loads((CHECKPOINTS / flavour / "config.json").read_text(encoding="utf-8"))
    assert tensors["bert.embeddings.word_embeddings.weight"].shape == (config["vocab_size"], config["hidden_size"])


def test_tasks_that_write_start_from_the_flavour_that_has_learnt_to():
    chosen = {name: task_catalog.find(name)[1].demo.checkpoint for name in task_catalog.names()}
    assert {name for name, flavour in chosen.items() if flavour == "mini_unilm"} == WRITE
    assert set(chosen.values()) == set(FLAVOURS)


@pytest.mark.keras
@pytest.mark.parametrize("flavour, mask", [("mini", "bidirectional"), ("mini_unilm", "prefix")])
def test_they_predict_better_than_the_frequency_of_tokens_would(flavour, mask):
    """The next token of a sentence, or one that is masked, is likelier than one drawn from the vocabulary, and than by chance."""
    from baselines.tokenizers.tokenizer import Tokenizer

    folder = CHECKPOINTS / flavour
    model, tokenizer = build_transformer_model(folder, mask=mask, with_mlm="linear"), Tokenizer.from_folder(folder)
    assert model.get_layer("Embedding-Token").dtype == keras.config.dtype_policy().variable_dtype
    losses = []
    for text in ("今天的天气非常好。", "他们在公司工作了很多年。", "这本书的内容非常不错。"):
        ids = tokenizer.encode(text)["token_ids"]
        places = np.arange(1, len(ids) - 1)
        if flavour == "mini":
            rows = np.tile(ids, (len(places), 1))
            rows[np.arange(len(places)), places] = tokenizer.vocabulary.mask_id
            segments, looked = np.zeros_like(rows), places
        else:
            rows, looked = ids[None], places - 1
            segments = np.ones_like(rows)
        logits = keras.ops.convert_to_numpy(model({"token_ids": rows, "segment_ids": segments})["mlm"]).astype(np.float64)
        logits = logits[np.arange(len(places)) if flavour == "mini" else 0, looked]
        logits -= logits.max(axis=-1, keepdims=True)
        losses += (np.log(np.exp(logits).sum(axis=-1)) - logits[np.arange(len(places)), ids[places]]).tolist()
    assert np.mean(losses) < 0.75 * np.log(len(tokenizer.vocabulary))
