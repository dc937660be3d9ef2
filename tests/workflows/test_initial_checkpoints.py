"""A run starts from Google's folder, Hugging Face's, or that of another run, and says what it took from it."""

import json
import shutil

import numpy as np
import pytest
from conftest import TINY_CONFIG
from safetensors.numpy import load_file

from baselines.cli.main import main
from baselines.models.builder import build_transformer_model, configure
from baselines.models.families import family
from baselines.weights import safetensors_file
from baselines.weights.save import save_google, save_hugging_face

pytestmark = pytest.mark.usefixtures("no_updates")


@pytest.fixture(scope="module")
def folders(tiny, tmp_path_factory):
    """{format: what --init takes} of the same weights: Google's with all heads, Hugging Face's a bare encoder; and the weights."""
    folder = tmp_path_factory.mktemp("checkpoints")
    values = json.loads((tiny.checkpoint / "config.json").read_text())
    config = configure(values)
    names = family("bert").weight_names(config)
    model = build_transformer_model(config, with_pool=True, with_nsp=True, with_mlm=True)
    google, hugging_face, ours = (folder / name for name in ("google", "hugging_face", "ours"))
    for path, file in ((google, "bert_config.json"), (hugging_face, "config.json"), (ours, "config.json")):
        path.mkdir()
        shutil.copy(tiny.checkpoint / "vocab.txt", path)
        (path / file).write_text(json.dumps(values))
    save_google(model, google / "bert_model.ckpt", names)
    save_hugging_face(model, ours, names)
    weights = load_file(ours / "model.safetensors")
    bare = {name.removeprefix("bert."): value for name, value in weights.items() if name.startswith("bert.")}
    safetensors_file.write(hugging_face / "model.safetensors", bare, {"format": "pt"})
    found = {"google": google, "prefix": google / "bert_model.ckpt", "hugging_face": hugging_face, "ours": ours}
    return found, weights


def train(tiny, checkpoint, output, **changes):
    """What is kept is what was loaded."""
    flags = tiny.flags(init=checkpoint, from_scratch=False, epochs=1, output=output, **changes)
    assert main(["train", "clue/tnews", *flags]) == 0
    return load_file(output / "best" / "model.safetensors")


@pytest.mark.parametrize("kind", [pytest.param("google", marks=pytest.mark.keras), "prefix", "hugging_face", "ours"])
def test_the_encoder_comes_from_the_checkpoint(kind, folders, tiny, tmp_path, capsys):
    found = train(tiny, folders[0][kind], tmp_path / "run")
    encoder = [name for name in found if name.startswith("bert.")]
    assert len(encoder) == 21 and {name for name in found if name not in encoder} == {
        "baselines.Classifier/kernel", "baselines.Classifier/bias",
    }  # fmt: skip
    for name in encoder:
        np.testing.assert_array_equal(found[name], folders[1][name], err_msg=name)
    assert "21 tensors used" in capsys.readouterr().err


def test_the_best_of_a_run_starts_another(tiny_run, tmp_path):
    found = train(tiny_run, tiny_run.run / "best", tmp_path / "run")
    before = load_file(tiny_run.run / "best" / "model.safetensors")
    for name in found:
        if name.startswith("bert."):
            np.testing.assert_array_equal(found[name], before[name], err_msg=name)


def test_a_deeper_model_takes_what_fits_on_request_and_says_so(folders, tiny, tmp_path, capsys):
    deeper = tmp_path / "deeper"
    shutil.copytree(folders[0]["ours"], deeper)
    vocabulary = len((deeper / "vocab.txt").read_text().splitlines())
    (deeper / "config.json").write_text(json.dumps({**TINY_CONFIG, "vocab_size": vocabulary, "num_hidden_layers": 2}))
    flags = tiny.flags(init=deeper, from_scratch=False, output=tmp_path / "refused")
    assert main(["train", "clue/tnews", *flags]) == 2
    assert "Transformer-1" in capsys.readouterr().err
    train(tiny, deeper, tmp_path / "run", ignore_mismatched=True)
    assert "missing" in capsys.readouterr().err


def padded(folder):
    """Adds 7 rows without a token to the tables of a folder's weights: rows that a model likes best."""
    tensors = {}
    for name, array in safetensors_file.read(folder).items():
        extra = np.full((7, *array.shape[1:]), 9.0, array.dtype)
        tensors[name] = np.concatenate([array, extra]) if "word_embeddings" in name or name == "cls.predictions.bias" else array
    safetensors_file.write(folder / "model.safetensors", tensors, {"format": "pt"})
    values = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(values | {"vocab_size": values["vocab_size"] + 7}))
    return folder


def test_rows_without_a_token_are_left_out_in_training(folders, tiny, tmp_path, capsys):
    found = train(tiny, padded(shutil.copytree(folders[0]["ours"], tmp_path / "padded")), tmp_path / "run")
    name = "bert.embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(found[name], folders[1][name])
    assert "The last 7 rows are left out." in capsys.readouterr().err
    config = json.loads((tmp_path / "run" / "best" / "config.json").read_text())
    assert (config["vocab_size"], config["dtype"]) == (len(found[name]), "float32")


def test_a_run_of_before_with_rows_without_a_token_writes_tokens_only(seq2seq_run, tmp_path, capsys):
    run = shutil.copytree(seq2seq_run, tmp_path / "run")
    padded(run / "best")
    assert main(["generate", "--run", str(run), "球队主场赢下德比", "--quiet"]) == 0
    padded_text = capsys.readouterr().out
    assert main(["generate", "--run", str(seq2seq_run), "球队主场赢下德比", "--quiet"]) == 0
    assert padded_text == capsys.readouterr().out
