"""`--resume` of runs that were stopped before there was a state: they start from the beginning and end as undisturbed ones."""

import json
import shutil

import pytest
from conftest import refused

from baselines.cli.main import main
from baselines.storage.folder_lock import only_writer
from baselines.workflows import fit


class Killed(BaseException):
    """The process has died."""


@pytest.fixture(scope="module")
def stopped(tiny, tmp_path_factory):
    """The folder of a run that died before its first update, after everything that determines it was written."""
    folder = tmp_path_factory.mktemp("stopped") / "run"

    def die(*_):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "_fit", die)
        with pytest.raises(Killed):
            main(["train", "clue/tnews", *tiny.flags(output=folder, test=tiny.tests[1], quiet=True)])
    return folder


def copy_of(run, folder):
    """A copy of a run folder whose recipe names it."""
    shutil.copytree(run, folder)
    return folder


def without_recipe(folder):
    """As a kill left the folders of before 0.2, which wrote recipe.yaml last."""
    (folder / "recipe.yaml").unlink()


def without_environment(folder):
    """As a kill leaves a folder amid the first save, and without what is written last before it."""
    (folder / "environment.json").unlink()
    (folder / "labels.json").unlink()
    (folder / "last").mkdir()
    (folder / "last" / ".state.safetensors.0badcafe.tmp").write_bytes(b"half")
    (folder / ".best.building").mkdir()
    (folder / ".best.building" / "config.json").write_text("{")
    (folder / "metrics.jsonl").write_text('{"epoch": 0, "step": 1, "split": "train", "loss": 9.0}\n{"epo')


@pytest.mark.parametrize("damage", [without_environment, without_recipe])
def test_a_run_without_a_state_starts_from_the_beginning(stopped, tiny_run, tmp_path, damage, capsys):
    folder = copy_of(stopped, tmp_path / "run")
    recipe = (folder / "recipe.yaml").read_text().replace("quiet: true", "quiet: false")
    (folder / "recipe.yaml").write_text(recipe)
    damage(folder)
    assert main(["train", "--resume", str(folder)]) == 0
    printed = capsys.readouterr().err
    if damage is not without_recipe:                                    # its command line says --quiet
        assert f"{folder}: stopped before its state was first saved. Training starts from the beginning." in printed
    for name in ("metrics.jsonl", "best/model.safetensors", "labels.json", "test/predictions.jsonl"):
        assert (folder / name).read_bytes() == (tiny_run.run / name).read_bytes(), name
    assert json.loads((folder / "environment.json").read_text())["data"].keys() == {"train", "dev"}
    assert (folder / "recipe.yaml").is_file()
    assert [path for path in folder.rglob(".*")] == []


def test_a_run_that_is_being_trained_is_not_resumed_beside(stopped, capsys):
    with only_writer(stopped):
        message = refused(capsys, "train", "--resume", stopped)
    assert message == f"error: {stopped} is being written by another process. Wait for it, or choose another folder."
