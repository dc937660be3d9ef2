"""`run.py pretrain` from text to a checkpoint: it learns, resumes exactly, goes on from a checkpoint, and says what is wrong."""

import errno
import json
import os
import shutil

import numpy as np
import pytest
from conftest import TITLES, write_lines
from safetensors.numpy import load_file

from baselines.cli.main import main
from baselines.data.packed import packed_dataset
from baselines.data.packed.packed_batches import PackedBatches
from baselines.data.packed.packed_dataset import PackedDataset
from baselines.models.builder import build_transformer_model
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.training.schedule import PiecewiseLinear
from baselines.training.schedule_points import parse
from baselines.training.trainer import Trainer
from tasks.pretraining.bert import make as bert

TEXT = [f"{first}，{second}。" for titles in TITLES.values() for first in titles for second in titles] * 4


@pytest.fixture(scope="module")
def corpus(tiny):
    path = tiny.folder / "corpus.txt"
    path.write_text("\n".join(TEXT), encoding="utf-8")
    return path


def flags(tiny, text, output, **changes):
    given = {
        "corpus": text, "model": tiny.checkpoint / "config.json", "out": output, "held_out": 5, "epochs": 2,
        "epoch_updates": 12, "batch_size": 8, "max_length": 24, "learning_rate": 0.02, "workers": 1, "log_steps": 4, "quiet": True,
        "jit": False,
    }  # fmt: skip
    words = []
    for name, value in {**given, **changes}.items():
        if value is not None:
            words += [f"--{'' if value else 'no_'}{name}"] if isinstance(value, bool) else [f"--{name}", str(value)]
    return words


@pytest.fixture(scope="module")
def pretrained(tiny, corpus):
    """The folder of a finished run of roberta. Tests must leave it as it is."""
    folder = tiny.folder / "pretrained"
    assert main(["pretrain", "roberta", *flags(tiny, corpus, folder)]) == 0
    return folder


def dev_lines(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["split"] == "dev"]


def lines_without_speed(folder):
    lines = map(json.loads, (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines())
    return [{name: value for name, value in line.items() if name not in ("tokens_per_second", "share_of_peak")} for line in lines]


@pytest.mark.keras
def test_it_learns_and_leaves_a_checkpoint(pretrained, tiny, no_updates):
    first, last = dev_lines(pretrained)
    assert last["loss"] < first["loss"] < np.log(120) and 0 < last["accuracy"] <= 1
    assert last["perplexity"] == pytest.approx(np.exp(last["loss"]))
    assert (pretrained / "curves.png").stat().st_size > 1000
    assert json.loads((pretrained / "summary.json").read_text())["tokens_per_second"] > 0
    assert last["tokens_per_second"] > 0 and 0 < last["share_of_peak"] < 1
    code = main(["train", "clue/tnews", *tiny.flags(
        init=pretrained / "best", from_scratch=False, epochs=1, output=tiny.folder / "tuned", quiet=True, model="auto",
    )])  # fmt: skip
    assert code == 0


@pytest.mark.keras
def test_interrupted_and_resumed_is_the_same_as_undisturbed(pretrained, tiny, corpus, monkeypatch):
    folder, scored = tiny.folder / "interrupted", Trainer._score_epoch

    def stop(self, position):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_score_epoch", stop)
    arguments = flags(tiny, corpus, folder, save_minutes=0)
    assert main(["pretrain", "roberta", *arguments]) == 130
    monkeypatch.setattr(Trainer, "_score_epoch", scored)
    assert main(["pretrain", "--resume", str(folder), "roberta", "--epochs", "2"]) == 0
    assert lines_without_speed(folder) == lines_without_speed(pretrained)
    assert (folder / "best" / "model.safetensors").read_bytes() == (pretrained / "best" / "model.safetensors").read_bytes()


@pytest.mark.parametrize("objective", ["bert", "unilm"])
def test_the_other_objectives_go_on_from_a_checkpoint_on_the_same_records(pretrained, tiny, corpus, objective):
    folder = tiny.folder / objective
    words = flags(tiny, corpus, folder, init=pretrained / "best", model=None, records=pretrained / "records", epochs=1,
                  store_half=True, ignore_mismatched=objective == "bert")  # fmt: skip
    assert main(["pretrain", objective, *words]) == 0
    assert dev_lines(folder)[0]["loss"] < np.log(120)
    assert ("next_accuracy" in dev_lines(folder)[0]) == (objective == "bert")
    if objective == "bert":
        told = told_from_others(folder / "best", PackedDataset.open(pretrained / "records", "dev"), length=24)
        assert dev_lines(folder)[0]["next_accuracy"] == pytest.approx(told, abs=0.05)       # stored in float16: a row may change
    tensors = load_file(folder / "best" / "model.safetensors")
    assert {str(array.dtype) for array in tensors.values()} == {"float16"}
    assert not (folder / "records").exists()


def told_from_others(checkpoint, rows, length):
    """The share of rows, made as when they are scored, whose second part a checkpoint knows for their own or another one's."""
    tokenizer, model = Tokenizer.from_folder(checkpoint), build_transformer_model(checkpoint, with_nsp="linear")
    make = lambda token_ids, starts, rng: bert(token_ids, starts, tokenizer.vocabulary, rng)    # noqa: E731
    right = []
    for numbers, batch in PackedBatches(rows, 64, length, make, tokenizer.vocabulary.pad_id).in_turn():
        features = {name: batch["features"][name] for name in ("token_ids", "segment_ids")}
        following = np.argmax(model.predict(features, verbose=0)["nsp"], axis=-1) == batch["targets"]["next"]
        right += following[: len(numbers)].tolist()
    return np.mean(right)


def test_new_words_join_the_vocabulary(pretrained, tiny, corpus):
    words = tiny.folder / "words.tsv"
    words.write_text("人工智能\t12\n罕见\t1\n", encoding="utf-8")
    folder = tiny.folder / "more"
    arguments = flags(tiny, corpus, folder, init=pretrained / "best", model=None, words=words, epochs=1, epoch_updates=2)
    assert main(["pretrain", "roberta", *arguments]) == 0
    before, after = (json.loads((path / "best" / "config.json").read_text())["vocab_size"] for path in (pretrained, folder))
    assert after == before + 1


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"corpus": "none*.txt"}, "--corpus: none*.txt does not exist."),
        ({"model": None}, "pretrain: no model is given"),
        ({"held_out": 1}, "--held_out: 1 is too small. Give at least 2."),
        ({"batch_size": 500}, "less than one batch of 500. Add text"),
        ({"max_length": 100}, "--max_length: 100 tokens are more than the 64 positions"),
        ({"strategies": "vat"}, "vat"),
    ],
)
def test_what_is_wrong_is_one_line(tiny, corpus, capsys, changes, message):
    words = flags(tiny, corpus, tiny.folder / "wrong", **changes)
    assert main(["pretrain", "roberta", *words]) == 2
    shutil.rmtree(tiny.folder / "wrong", ignore_errors=True)
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line


def test_a_full_disk_leaves_no_half_records(tiny, corpus, tmp_path, monkeypatch, capsys):
    def full(self, rows):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "train_tokens.npy")

    monkeypatch.setattr(packed_dataset.Column, "extend", full)
    words = flags(tiny, corpus, tmp_path / "run", records=tmp_path / "records")
    assert main(["pretrain", "roberta", *words]) == 2
    assert "Cannot write to train_tokens.npy: No space left on device." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_vocabulary_without_mask_is_refused(tiny, corpus, capsys, tmp_path):
    shutil.copytree(tiny.checkpoint, tmp_path / "checkpoint")
    path = tmp_path / "checkpoint" / "vocab.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("[MASK]", "[unused1]"), encoding="utf-8")
    words = flags(tiny, corpus, tmp_path / "run", model=tmp_path / "checkpoint" / "config.json")
    assert main(["pretrain", "roberta", *words]) == 2
    assert "vocab.txt: the vocabulary has no [MASK]" in capsys.readouterr().err


def test_another_configuration_is_refused_with_the_difference(pretrained, capsys):
    assert main(["pretrain", "--resume", str(pretrained), "roberta", "--batch_size", "16", "--seed", "42"]) == 2
    assert "was started with other flags: batch_size 16 (not 8)." in capsys.readouterr().err


def test_the_schedule_of_the_specification():
    """In updates of 16 micro-batches: half of the warm-up, its end, half of the decay, its end and later."""
    schedule = PiecewiseLinear(1.0, parse("0:0,3125:1,125000:0"))
    found = [schedule.at(step) for step in (0, 3125 / 2, 3125, (3125 + 125000) / 2, 125000, 200000)]
    assert found == pytest.approx([0, 0.5, 1, 0.5, 0, 0], abs=1e-4)


def test_records_of_other_text_are_refused(pretrained, tiny, tmp_path, capsys):
    other = write_lines(tmp_path / "other.jsonl", [{"text": line} for line in TEXT])
    words = flags(tiny, other, tmp_path / "run", records=pretrained / "records")
    assert main(["pretrain", "roberta", *words]) == 2
    assert "holds records with corpus" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
