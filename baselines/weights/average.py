"""The mean of the weights of checkpoints of one shape.

Izmailov et al., 2018, arXiv:1803.05407 (of one training); Wortsman et al., 2022, arXiv:2203.05482 (of several). Checkpoints must
come from one training, or from trainings that started from the same pretrained weights: only then do they lie in one basin, where
the mean of the weights is a good model.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.storage.checksums import sha256
from baselines.storage.json_files import read_json_object
from baselines.weights import safetensors_file

SAME = ("vocab.txt", "tokenizer.json", "spiece.model", "sentencepiece.bpe.model")
"""Files of a vocabulary: the rows of an embedding table belong to them."""
FREE = ("dropout", "dtype", "transformers_version", "_name_or_path")
"""Parts of the names of configuration values that may differ."""


def check_same_shape(folders: Sequence[Path]) -> None:
    """Raises InputError unless checkpoints have one configuration, one vocabulary, and tensors of the same names and shapes."""
    first = folders[0]
    tensors = shapes(first)
    for other in folders[1:]:
        for key, (one, two) in differences(_configuration(first), _configuration(other)).items():
            raise InputError(f"{other} has {key} {two!r}, but {first} has {one!r}. Average checkpoints of one model.")
        for name in SAME:
            if _digest(first / name) != _digest(other / name):
                raise InputError(f"{other / name} differs from that of {first}. Average checkpoints with one vocabulary.")
        for name, (one, two) in differences(tensors, shapes(other)).items():
            raise InputError(f"{other}: {name} has the shape {two}, but {one} in {first}. Average checkpoints of one model.")


def shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """{name: shape} of the tensors of a checkpoint folder."""
    checkpoint = safetensors_file.read(folder)
    return {name: checkpoint.shape(name) for name in checkpoint}


def differences(one: Mapping, other: Mapping) -> dict:
    """{key: (value, other value)} where two mappings differ; None stands for a missing key."""
    keys = dict.fromkeys([*one, *other])
    return {key: (one.get(key), other.get(key)) for key in keys if one.get(key) != other.get(key)}


def write_average(folders: Sequence[Path], target: Path) -> None:
    """Fills a folder with the mean of checkpoints; its other files are those of the first.

    Args:
        folders: Checkpoint folders that `check_same_shape` has accepted.
        target: An existing folder.

    Raises:
        InputError: A checkpoint is corrupted.
    """
    opened = [safetensors_file.read(folder) for folder in folders]
    for checkpoint in opened:
        checkpoint.verify(next(iter(checkpoint)))
    tensors = {name: mean([checkpoint[name] for checkpoint in opened]) for name in opened[0]}
    files = [file for file in folders[0].iterdir() if file.is_file() and file not in opened[0].files]
    for file in files:
        shutil.copyfile(file, target / file.name)
    digests = {file.name: sha256(target / file.name) for file in sorted(files)}
    safetensors_file.write(
        target / safetensors_file.FILE, tensors, {"format": "pt", safetensors_file.FILES: json.dumps(digests)}, digest=True
    )


def mean(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of arrays of one shape, computed in float64 and of the first one's dtype; the first of integers."""
    first = np.asarray(arrays[0])
    if first.dtype.kind in "iub":
        return first
    total = np.zeros(first.shape, np.float64)
    for array in arrays:
        total += np.asarray(array, np.float64)
    return (total / len(arrays)).astype(first.dtype)


def _configuration(folder):
    values = read_json_object(folder / "config.json")
    return {key: value for key, value in values.items() if not any(part in key for part in FREE)}


def _digest(path):
    return sha256(path) if path.is_file() else None
