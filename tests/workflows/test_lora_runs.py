"""`train --lora`: adapters and head learn alone, runs resume and predict, PEFT's files, merging, another base, what is refused."""

import json

import keras
import numpy as np
import pytest
from conftest import TITLES, command, write_checkpoint, write_lines
from safetensors.numpy import load_file

from baselines.cli.main import main
from baselines.models.builder import build_transformer_model, configure
from baselines.models.families import family
from baselines.training.trainer import Trainer
from baselines.weights.save import save_hugging_face

pytestmark = pytest.mark.keras
MODULE = "base_model.model.encoder.layer.0.attention.self."


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a base checkpoint and data."""
    folder = tmp_path_factory.mktemp("lora")
    letters = sorted({letter for titles in TITLES.values() for title in titles for letter in title})
    base = write_checkpoint(folder / "base", ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])
    keras.utils.set_random_seed(3)
    config = configure(base)
    save_hugging_face(build_transformer_model(config), base, family(config.model_type).weight_names(config))
    write_lines(folder / "data.jsonl", [{"label": label, "text": title} for label, titles in TITLES.items() for title in titles])
    return folder


def flags(made, output, **changes):
    given = {"init": made / "base", "train": made / "data.jsonl", "dev": made / "data.jsonl", "epochs": 2, "max_length": 16,
             "batch_size": 6, "learning_rate": 0.05, "output": output, "lora": 2, **changes}  # fmt: skip
    return [str(word) for name, value in given.items() if value is not None for word in (f"--{name}", value)] + [
        "--no_jit", "--quiet"]  # fmt: skip


@pytest.fixture(scope="module")
def run(made):
    """The folder of a finished run. Tests must leave it as it is."""
    command("train", "classify", *flags(made, made / "run"))
    return made / "run"


def predictions(run, made, tmp_path):
    command("predict", "--run", run, "--input", made / "data.jsonl", "--output", tmp_path / "out.jsonl", "--quiet")
    return (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_the_files_are_pefts_and_hold_adapters_and_head_alone(run):
    best = run / "best"
    config = json.loads((best / "adapter_config.json").read_text())
    assert (config["peft_type"], config["r"], config["lora_alpha"]) == ("LORA", 2, 16)
    assert config["target_modules"] == [f"encoder.layer.0.attention.self.{name}" for name in ("query", "value")]
    adapters, own = load_file(best / "adapter_model.safetensors"), load_file(best / "model.safetensors")
    assert {name: value.shape for name, value in adapters.items()} == {
        f"{MODULE}{name}.lora_{letter}.weight": shape for name in ("query", "value")
        for letter, shape in (("A", (2, 16)), ("B", (16, 2)))}  # fmt: skip
    assert all(np.abs(value).max() > 0 for value in adapters.values())
    assert set(own) == {"baselines.Classifier/kernel", "baselines.Classifier/bias"}


def test_it_learns_and_predicts_as_it_scored(run, made, tmp_path):
    dev = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines() if '"dev"' in line]
    assert dev[-1]["loss"] < dev[0]["loss"]
    found = [json.loads(line)["prediction"] for line in predictions(run, made, tmp_path).splitlines()]
    gold = [label for label, titles in TITLES.items() for _ in titles]
    summary = json.loads((run / "summary.json").read_text())
    assert np.mean([one == other for one, other in zip(found, gold, strict=True)]) == pytest.approx(summary["score"])


def test_interrupted_and_resumed_is_the_same_as_undisturbed(made, run, monkeypatch):
    folder, score = made / "interrupted", Trainer._score_epoch

    def stop(self, position):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_score_epoch", stop)
    assert main(["train", "classify", *flags(made, folder, save_minutes=0)]) == 130
    monkeypatch.setattr(Trainer, "_score_epoch", score)
    assert main(["train", "--resume", str(folder)]) == 0
    for name in ("adapter_model.safetensors", "model.safetensors"):
        ours, theirs = load_file(folder / "best" / name), load_file(run / "best" / name)
        for key, value in theirs.items():
            np.testing.assert_array_equal(ours[key], value, err_msg=key)


def test_merged_it_is_an_ordinary_checkpoint(run, made, tmp_path, capsys):
    command("merge", run, "--out", tmp_path / "merged", "--quiet")
    base, merged = load_file(made / "base" / "model.safetensors"), load_file(tmp_path / "merged" / "model.safetensors")
    adapters = load_file(run / "best" / "adapter_model.safetensors")
    for name, value in base.items():
        module = name.removeprefix("bert.").removesuffix(".weight")
        keys = [f"base_model.model.{module}.lora_{letter}.weight" for letter in "BA"]
        change = 16 / 2 * adapters[keys[0]] @ adapters[keys[1]] if keys[0] in adapters else 0
        np.testing.assert_allclose(merged[name], value + change, atol=1e-6, err_msg=name)
    capsys.readouterr()
    assert main(["merge", str(tmp_path / "merged"), "--out", str(tmp_path / "again")]) == 2
    whole = made / "whole"
    command("train", "classify", *flags(made, whole, lora=None, epochs=1))
    assert main(["merge", str(whole), "--out", str(tmp_path / "again")]) == 2
    assert "the run has no adapters" in capsys.readouterr().err


def test_it_starts_another_run(run, made, tmp_path):
    command("train", "classify", *flags(made, tmp_path / "next", init=run / "best", lora=None, epochs=1))


def test_another_base_is_refused(run, made, tmp_path, capsys):
    path = made / "base" / "model.safetensors"
    before = path.read_bytes()
    try:
        config = configure(made / "base")
        keras.utils.set_random_seed(4)
        save_hugging_face(build_transformer_model(config), made / "base", family(config.model_type).weight_names(config))
        words = ["predict", "--run", run, "--input", made / "data.jsonl", "--output", tmp_path / "out.jsonl"]
        assert main(list(map(str, words))) == 2
    finally:
        path.write_bytes(before)
    error = capsys.readouterr().err.strip()
    assert "its adapters belong to another base than" in error.splitlines()[-1]


@pytest.mark.parametrize(("changes", "message"), [
    ({"lora": 17}, "--lora 17: Transformer-0-MultiHeadSelfAttention/query is only 16 wide. Choose a rank of 16 or less."),
    ({"lora.targets": "query,valeu"}, "has no layer 'valeu' in its blocks. Did you mean value?"),
    ({"lora.alpha": 0}, "--lora.alpha: expected a number above 0. Received: 0"),
    ({"lora": None, "lora.alpha": 4}, "--lora.alpha: this run does not use lora"),
    ({"freeze": "embeddings"}, "--lora does not go with --freeze: all of the encoder is frozen anyway."),
    ({"lora": -1}, "--lora: expected a number, at least 0. Received: -1"),
])  # fmt: skip
def test_what_is_refused(made, tmp_path, capsys, changes, message):
    assert main(["train", "classify", *flags(made, tmp_path / "run", **changes)]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error and len(error.splitlines()) == 1
    assert not (tmp_path / "run").exists()
