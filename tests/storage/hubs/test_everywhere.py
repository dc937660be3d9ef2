"""A hub's name is accepted wherever a checkpoint is: here with the embedded model, served by a hub on this machine."""

import dataclasses
import json
import shutil
from pathlib import Path

import hub_server
import numpy as np
import pytest

from baselines.errors import InputError
from baselines.experiment.arguments import TrainArguments, TrainFlags
from baselines.experiment.input_files import checkpoint_folder
from baselines.storage import checkpoint_paths
from baselines.storage.checkpoint_paths import local_path

MINI = Path(__file__).resolve().parents[3] / "checkpoints" / "mini"
NAME, PINNED = "hf:org/mini", f"hf:org/mini@{hub_server.COMMIT}"


@pytest.fixture
def mini(hub):
    files = {path.name: path.read_bytes() for path in MINI.iterdir() if path.is_file()}
    hub.repositories["org/mini"] = hub_server.Repository({"main": files})
    return hub


def test_the_arguments_of_a_run_keep_the_commit(mini):
    arguments = TrainArguments(TrainFlags(init=NAME), None)
    assert arguments.pinned().flags == dataclasses.replace(arguments.flags, init=PINNED)
    assert arguments.pinned().pinned() == arguments.pinned()
    assert TrainArguments(TrainFlags(init="folder"), None).pinned().flags.init == "folder"


def test_only_training_from_scratch_needs_no_weights(mini):
    folder = checkpoint_folder(TrainFlags(init=NAME, from_scratch=True))
    assert not (folder / "model.safetensors").exists()
    assert (checkpoint_folder(TrainFlags(init=NAME)) / "model.safetensors").is_file()


@pytest.mark.parametrize("init, advice", [("org/mini", "write hf:org/mini"), ("no_such_folder", "Check the path.")])
def test_a_folder_that_does_not_exist(tmp_path, monkeypatch, init, advice):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"--init: no checkpoint folder at {init}. .*{advice}"):
        checkpoint_folder(TrainFlags(init=init))


def test_a_run_folder_names_its_checkpoint(tmp_path, capsys):
    from baselines.cli.main import main

    run = tmp_path / "run"
    (run / "best").mkdir(parents=True)
    (run / "recipe.yaml").touch()
    problem = f"{run} is a run folder, not a checkpoint. Its checkpoint is {run}/best."
    with pytest.raises(InputError, match=f"--init: {problem}"):
        checkpoint_folder(TrainFlags(init=str(run)))
    (tmp_path / "keys.txt").touch()
    assert main(["kg", "build", str(tmp_path / "keys.txt"), "--vocab", str(run), "--out", str(tmp_path / "index")]) == 2
    assert f"--vocab: {problem}" in capsys.readouterr().err


def test_an_installed_program_finds_its_checkpoints_inside_itself(tmp_path, monkeypatch):
    for folder in ("inside/checkpoints/mini", "work/checkpoints/own"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(checkpoint_paths, "EMBEDDED", tmp_path / "inside")
    monkeypatch.chdir(tmp_path / "work")
    assert local_path("checkpoints/mini") == tmp_path / "inside" / "checkpoints" / "mini"
    for path in ("checkpoints/own", "checkpoints/none", "mini"):
        assert local_path(path) == Path(path)
    (tmp_path / "work/checkpoints/mini").mkdir()
    assert local_path("checkpoints/mini") == Path("checkpoints/mini")


def test_inspect(mini, capsys):
    from baselines.cli import inspect

    inspect.main([NAME])
    assert str(local_path(NAME) / "model.safetensors") in capsys.readouterr().out


def test_vocabularies_and_indexes(mini, capsys, tmp_path):
    from baselines.cli.main import main

    keys = tmp_path / "keys.txt"
    keys.write_text("北京\n上海\n", encoding="utf-8")
    main(["kg", "build", str(keys), "--vocab", NAME, "--out", str(tmp_path / "index"), "--format", "lines", "--quiet"])
    main(["kg", "inspect", str(tmp_path / "index"), "--vocab", NAME])
    assert f"as in {NAME}" in capsys.readouterr().out
    assert "model.safetensors" not in mini.sent()


@pytest.mark.keras
def test_models(mini):
    from baselines import build_transformer_model
    from baselines.models.checkpoint import Checkpoint
    from baselines.tokenizers.tokenizer import Tokenizer

    tokenizer = Tokenizer.from_folder(NAME)
    inputs = {name: np.asarray([ids]) for name, ids in tokenizer.encode("北京是首都").items()}
    inputs = {name: inputs[name] for name in ("token_ids", "segment_ids")}
    outputs = [np.asarray(model(inputs)["hidden_states"]) for model in (
        build_transformer_model(str(MINI)), build_transformer_model(NAME), Checkpoint.open(NAME).build(),
        build_transformer_model(json.loads((MINI / "config.json").read_text()), checkpoint=NAME),
    )]  # fmt: skip
    for other in outputs[1:]:
        np.testing.assert_array_equal(other, outputs[0])


@pytest.mark.keras
def test_vectors_say_which_commit_made_them(mini, tmp_path):
    from baselines.inference.text_embedder import TextEmbedder

    assert TextEmbedder.from_checkpoint(NAME).about()["source"] == PINNED


@pytest.mark.keras
def test_a_run_and_its_recipe(hub, tiny, tmp_path):
    from baselines.cli.main import main

    files = {path.name: path.read_bytes() for path in tiny.checkpoint.iterdir()}
    hub.repositories["org/tiny"] = hub_server.Repository({"main": files})
    flags = tiny.flags(init="hf:org/tiny", epochs=1, output=tmp_path / "run", quiet=True)              # from scratch
    assert not main(["train", "clue/tnews", *flags])
    assert f"init: hf:org/tiny@{hub_server.COMMIT}\n" in (tmp_path / "run" / "recipe.yaml").read_text()
    shutil.rmtree(local_path("hf:org/tiny", weights=False))              # best/ needs no hub
    hub.status = 404
    assert not main(["evaluate", "--run", str(tmp_path / "run"), "--quiet"])
