"""The wheel: what is in it, its size, and the command that it gives in an empty folder."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT

LIMIT_BYTES = 40 << 20
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The path of the wheel that a copy of the tracked folders gives."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("baselines", "tasks", "datasets/mini", "checkpoints"):
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for path in [*ROOT.glob("*.py"), *ROOT.glob("*.md"), *ROOT.glob("*.txt"), ROOT / "pyproject.toml", ROOT / "MANIFEST.in",
                 ROOT / "LICENSE"]:  # fmt: skip
        shutil.copy(path, source)
    subprocess.run([sys.executable, "-c", BUILD, str(folder)], cwd=source, check=True, capture_output=True, text=True)
    (path,) = folder.glob("*.whl")
    return path


def test_what_is_in_the_wheel(wheel):
    assert wheel.stat().st_size < LIMIT_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()
        scripts = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    for folder in ("tasks", "datasets/mini", "checkpoints/mini", "checkpoints/mini_unilm"):
        expected = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        expected = {path for path in expected if "__pycache__" not in path}
        assert {f"baselines/embedded/{path}" for path in expected} - names == set()
    for folder in ("cli", "serving"):
        files = [path for path in (ROOT / "baselines" / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        assert {path.relative_to(ROOT).as_posix() for path in files} - names == set()
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"baselines"}
    assert "baselines = baselines.cli.main:start" in scripts
    pins = [line.strip() for name in ("core", "tensorflow") for line in (ROOT / f"requirements-{name}.txt").open()]
    for pin in (pin.partition(";")[0].strip() for pin in pins if pin and not pin.startswith("#")):
        assert f"Requires-Dist: {pin}" in metadata


def test_the_command_in_an_empty_folder(wheel, tmp_path):
    """Its tasks, its data, its messages: nothing of the checkout is used."""
    installed, folder = tmp_path / "installed", tmp_path / "empty"
    zipfile.ZipFile(wheel).extractall(installed)
    folder.mkdir()
    start = "import sys; sys.argv = ['baselines', *sys.argv[1:]]; from baselines.cli.main import start; start()"

    def baselines(*words):
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        return subprocess.run([sys.executable, "-c", start, *words], cwd=folder, env=environment, capture_output=True, text=True)

    assert "baselines VERB [TASK] [flags]" in baselines("--help").stdout and "run.py" not in baselines("train", "--help").stdout
    assert "clue/tnews" in baselines("list", "tasks").stdout
    assert "hf:hfl/rbt3" in baselines("list", "checkpoints").stdout
    inspected = baselines("inspect", "checkpoints/mini")                # which is inside the package
    assert inspected.returncode == 0 and "embedded/checkpoints/mini/model.safetensors" in inspected.stdout, inspected.stderr
    refused = baselines("train", "clue/tnews", "--init", str(ROOT / "checkpoints" / "mini"))
    assert refused.returncode == 2 and "error: datasets/clue/tnews/train.json" in refused.stderr, refused.stderr
    report = baselines("lint", "clue/tnews", "--demo", "--quiet")
    assert report.returncode == 0 and (folder / "runs" / "lint" / "clue" / "tnews").is_dir(), report.stderr
    assert str(ROOT) not in report.stderr + report.stdout
