"""Finds a checkpoint that is named by its folder, a file of its weights, or its name on a hub, such as hf:hfl/rbt3."""

import functools
from pathlib import Path

from baselines.storage.hubs.names import HUGGING_FACE, HubName, is_hub_name

EMBEDDED = Path(__file__).resolve().parents[1] / "embedded"
"""What a wheel has inside, see setup.py."""
WEIGHTS = (".safetensors", ".safetensors.index.json", ".index", ".bin", ".bin.index.json", ".pt", ".pth")


def folder_of(location: str | Path) -> Path:
    """The folder of a .safetensors or .bin file, an index or a TensorFlow prefix (model.ckpt-2000); any other path unchanged.

    >>> folder_of("tests/bert_model.ckpt.index").name, folder_of("tests").name
    ('tests', 'tests')
    """
    path = Path(location)
    if path.is_dir():
        return path
    return path.parent if path.name.endswith(WEIGHTS) or path.with_name(f"{path.name}.index").is_file() else path


def local_path(location: str | Path, weights: bool = True) -> Path:
    """The path of a checkpoint on this machine. What a hub's name needs is downloaded unless the cache has it.

    Args:
        location: A path, which is returned unchanged, or a name such as "hf:hfl/rbt3" or "modelscope:dienstag/rbt3@master". An
            installed program finds checkpoints/mini inside itself, unless the working folder has it.
        weights: Whether the weights are needed too.

    Raises:
        InputError: The name, the network, the disk or the repository is at fault.
    """
    if is_hub_name(location):
        return _fetched(_text(location), weights)[0]
    path = Path(location)
    embedded = EMBEDDED / path
    return embedded if path.parts[:1] == ("checkpoints",) and not path.exists() and embedded.exists() else path


def best_of_run(path: Path) -> Path | None:
    """best/ of a run folder, which is its checkpoint; None for any other folder."""
    best = path / "best"
    return best if (path / "recipe.yaml").is_file() and best.is_dir() else None


def pinned(location: str | Path | None, weights: bool = True) -> str | Path | None:
    """The name of a checkpoint with the revision that `local_path` resolves it to; a path or None is returned unchanged."""
    if not is_hub_name(location):
        return location
    name = HubName.parse(_text(location))
    return str(HubName(name.hub, name.repository, _fetched(str(name), weights)[1]))


def absolute(location: str | Path) -> str:
    """A path that other processes understand too, whatever their working folder; a hub's name is returned unchanged."""
    return _text(location) if is_hub_name(location) else str(Path(location).resolve())


def _text(location):
    return location.as_posix() if isinstance(location, Path) else location


@functools.cache
def _fetched(text, weights):
    """(folder, revision) of a name, asked for once per process."""
    name = HubName.parse(text)
    if name.hub == HUGGING_FACE:
        from baselines.storage.hubs.hugging_face import fetch
    else:
        from baselines.storage.hubs.modelscope import fetch
    return fetch(name, weights)
