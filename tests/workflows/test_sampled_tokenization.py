"""`train --sample_tokenization` changes training and not prediction; a resumed run equals an undisturbed one; what is refused."""

import json
import shutil

import numpy as np
import pytest
from conftest import TINY_CONFIG, command, write_checkpoint, write_lines
from safetensors.numpy import load_file
from subword_samples import BYTES, scored, sentencepiece_folder

from baselines.cli.main import main
from baselines.tokenizers.tokenizer import SampledTokenizer, Tokenizer
from baselines.training.trainer import Trainer

pytestmark = pytest.mark.keras
TEXTS = ["今天天气", "北京今天好", "今天北京的天气", "天气的今天", "好天气", "今天好", "北京好", "天气好好"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a checkpoint and data."""
    folder = tmp_path_factory.mktemp("sampled")
    sentencepiece_folder(folder / "checkpoint", "xlm_roberta", "sentencepiece.bpe.model",
                         {"tokenizer_class": "XLMRobertaTokenizer"}, [*scored(), *BYTES])  # fmt: skip
    size = len(Tokenizer.from_folder(folder / "checkpoint").vocabulary)
    config = {**TINY_CONFIG, "vocab_size": size, "pad_token_id": 1}
    (folder / "checkpoint" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    write_lines(folder / "data.jsonl", [{"label": "ab"[index % 2], "text": text} for index, text in enumerate(TEXTS * 3)])
    return folder


def flags(made, output, **changes):
    given = {
        "init": made / "checkpoint", "train": made / "data.jsonl", "dev": made / "data.jsonl", "epochs": 2, "max_length": 32,
        "batch_size": 4, "learning_rate": 0.01, "output": output, "sample_tokenization": 0.2, "save_minutes": 0, **changes,
    }  # fmt: skip
    return [str(word) for name, value in given.items() for word in (f"--{name}", value)] + [
        "--from_scratch", "--no_jit", "--quiet"]  # fmt: skip


@pytest.fixture(scope="module")
def run(made):
    """The folder of an undisturbed run. Tests must leave it as it is."""
    command("train", "classify", *flags(made, made / "run"))
    return made / "run"


def weights(run):
    return load_file(run / "best" / "model.safetensors")


def test_interrupted_and_resumed_is_the_same_as_undisturbed(made, run, monkeypatch):
    folder, update = made / "interrupted", Trainer._score_epoch

    def stop(self, position):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_score_epoch", stop)
    assert main(["train", "classify", *flags(made, folder)]) == 130
    monkeypatch.setattr(Trainer, "_score_epoch", update)
    assert main(["train", "--resume", str(folder)]) == 0
    assert (folder / "metrics.jsonl").read_text() == (run / "metrics.jsonl").read_text()
    for name, value in weights(run).items():
        np.testing.assert_array_equal(weights(folder)[name], value, err_msg=name)


def test_training_texts_are_drawn_and_predicted_ones_are_not(made, run, monkeypatch, tmp_path):
    plain = made / "plain"
    command("train", "classify", *flags(made, plain, sample_tokenization=-1))
    assert any(np.abs(weights(plain)[name] - value).max() > 1e-4 for name, value in weights(run).items())
    assert Tokenizer.from_folder(run / "best").fingerprint() == Tokenizer.from_folder(plain / "best").fingerprint()

    monkeypatch.setattr(SampledTokenizer, "__init__", None)             # nothing draws
    copy = shutil.copytree(run, tmp_path / "copy")
    command("predict", "--run", copy, "--input", made / "data.jsonl", "--output", tmp_path / "first.jsonl", "--quiet")
    command("predict", "--run", copy, "--input", made / "data.jsonl", "--output", tmp_path / "second.jsonl", "--quiet")
    assert (tmp_path / "first.jsonl").read_text() == (tmp_path / "second.jsonl").read_text()


@pytest.mark.parametrize(("changes", "message"), [
    ({"sample_tokenization": "nan"}, "--sample_tokenization: expected a finite number. Received: nan"),
    ({"init": "characters"}, "cuts a text in one way. Choose a unigram tokenizer"),
])  # fmt: skip
def test_what_is_refused(made, tmp_path, capsys, changes, message):
    write_checkpoint(tmp_path / "characters", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今天气"])
    changes = {**changes, **({"init": tmp_path / "characters"} if "init" in changes else {})}
    assert main(["train", "classify", *flags(made, tmp_path / "run", **changes)]) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.strip().splitlines()) == 1
    assert not (tmp_path / "run").exists()
