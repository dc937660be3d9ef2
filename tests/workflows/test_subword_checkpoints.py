"""A checkpoint with a SentencePiece model: trained on, inspected, trimmed, filled in."""

import json

import keras
import numpy as np
import pytest
from conftest import TINY_CONFIG, command, write_lines
from subword_samples import LINES, gpt2_folder, scored, sentencepiece_folder

from baselines.cli.main import main
from baselines.models.bert import weight_names
from baselines.models.builder import build_transformer_model, configure
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.weights.save import save_hugging_face

pytestmark = pytest.mark.keras


def checkpoint(folder, kind):
    """A random BERT with an MLM head whose tokenizer is unigram or byte-level."""
    if kind == "gpt2":
        gpt2_folder(folder)
    else:
        sentencepiece_folder(folder, "xlm_roberta", "sentencepiece.bpe.model", {"tokenizer_class": "XLMRobertaTokenizer"}, scored())
    size = len(Tokenizer.from_folder(folder).vocabulary)
    config = {**TINY_CONFIG, "vocab_size": size + 3, "pad_token_id": Tokenizer.from_folder(folder).vocabulary.pad_id}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    model = build_transformer_model(config, with_mlm=True)
    for weight in model.weights:
        weight.assign(np.random.default_rng(0).normal(0, 0.3, weight.shape))
    save_hugging_face(model, folder, weight_names(configure(folder)))
    return folder


@pytest.fixture(params=["xlm_roberta", "gpt2"])
def folder(request, tmp_path):
    return checkpoint(tmp_path / request.param, request.param)


def outputs(folder, text):
    tokenizer = Tokenizer.from_folder(folder)
    found = build_transformer_model(folder, with_mlm="linear")(tokenizer.encode_batch([text]))
    return keras.ops.convert_to_numpy(found["hidden_states"])


def test_trimming_changes_no_output(folder, tmp_path):
    text = "今天北京的天气"
    (tmp_path / "corpus.txt").write_text(f"{text}\n" * 2, encoding="utf-8")
    out = tmp_path / "out"
    words = ["vocab", "trim", str(folder), "--corpus", str(tmp_path / "corpus.txt"), "--out", str(out), "--quiet"]
    assert main(words) == 0
    kept = json.loads((out / "keep_tokens.json").read_text())["keep_tokens"]
    before, after = Tokenizer.from_folder(folder), Tokenizer.from_folder(out)
    assert len(kept) == len(after.vocabulary) < len(before.vocabulary)
    assert [kept[i] for i in after.ids(text)] == before.ids(text).tolist()
    np.testing.assert_allclose(outputs(out, text), outputs(folder, text), atol=1e-5)
    assert not list(out.glob("*.model")) and not (out / "merges.txt").exists()


def test_inspect_names_the_model(folder, capsys):
    command("inspect", folder)
    shown = capsys.readouterr().out
    assert ("byte-pair encoding" if folder.name == "gpt2" else "unigram") in shown and "3 rows are left out" in shown


def test_masks_are_filled_by_the_vocabularys_own_name(tmp_path, capsys):
    folder = checkpoint(tmp_path / "xlm_roberta", "xlm_roberta")
    command("fill", "今天<mask>天气[MASK]", "--init", folder, "--num", "2")
    assert capsys.readouterr().out.count("[MASK] ") == 2


def test_a_run_keeps_its_tokenizer(folder, tmp_path):
    rows = [{"label": name, "text": text} for name, text in zip("ab" * 4, LINES, strict=True)]
    data = write_lines(tmp_path / "data.jsonl", rows)
    run = tmp_path / "run"
    command("train", "classify", "--init", folder, "--train", data, "--dev", data, "--epochs", "1", "--max_length", "24",
            "--batch_size", "4", "--output", run, "--no_jit", "--quiet")  # fmt: skip
    saved = Tokenizer.from_folder(run / "best")
    assert saved.fingerprint() == Tokenizer.from_folder(folder).fingerprint()
    command("predict", "classify", "--run", run, "--input", data, "--output", tmp_path / "out.jsonl", "--quiet")
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == len(rows)
