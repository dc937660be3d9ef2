"""A checkpoint on disk, whatever its format: find it in a folder, open it, list what it holds."""

import codecs
import dataclasses
import math
import pathlib
import re
from collections.abc import Mapping

import numpy as np

from baselines.errors import InputError
from baselines.storage.checkpoint_paths import local_path
from baselines.weights import safetensors_file, tensorflow_checkpoint, torch_checkpoint

CONVERT = "Convert it once where transformers is installed: load {path} and `save_pretrained` it as safetensors."
OTHER_FORMATS = {
    ".h5": CONVERT,
    ".msgpack": CONVERT,
    ".onnx": "Its graph is for inference only: take the checkpoint it was exported from.",
    ".gguf": "Its weights are quantized for llama.cpp: take the checkpoint it was converted from.",
}
"""{suffix: what to do instead of reading it}."""
TRAINING_STATES = ("training_args", "optimizer", "scheduler", "rng_state", "scaler")
"""Beginnings of the names of PyTorch's files that are not the weights."""

GOOGLE = "bert_model.ckpt"
"""Prefix of Google's released checkpoints."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One tensor of a checkpoint; `size` in numbers, not bytes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    size: int


@dataclasses.dataclass(frozen=True)
class Description:
    """What a checkpoint holds: `path`, `format`, `rows` in the file's order, and `notes` on their names."""

    path: str
    format: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def num_parameters(self) -> int:
        """The size of all tensors together."""
        return sum(row.size for row in self.rows)


def open_checkpoint(location: str | pathlib.Path) -> Mapping[str, np.ndarray]:
    """The tensors of a checkpoint.

    Args:
        location: A folder, a .safetensors file, PyTorch's .bin, .pt or .pth, or a TensorFlow prefix (with or without .index). In a
            folder safetensors come first, then pytorch_model.bin, then the TensorFlow checkpoint that the file `checkpoint` names.

    Returns:
        A lazy mapping {name: array} with `path`, `format`, `notes`, `hugging_face`, `shape(name)`, `dtype(name)` and
        `verify(name)`.

    Raises:
        InputError: Nothing is found, a file is corrupted, or the format is not read.
    """
    path = local_path(location)
    if path.is_dir():
        return _open_folder(path)
    if path.name.endswith((".safetensors", ".safetensors.index.json")):
        return safetensors_file.read(path)
    if path.name.endswith((*torch_checkpoint.SUFFIXES, torch_checkpoint.INDEX)):
        return torch_checkpoint.read(path)
    if path.is_file() and path.suffix in OTHER_FORMATS:
        raise _other_format(path)
    if not path.is_file() and not any(path.parent.glob("*.index")):
        raise InputError(f"{path}: no such checkpoint. Give a folder, a .safetensors or .bin file, or a TensorFlow checkpoint's "
                         "name without .index.")  # fmt: skip
    return tensorflow_checkpoint.read(path.with_suffix("") if path.suffix == ".index" else path)


def describe(location: str | pathlib.Path) -> Description:
    """What a checkpoint holds, from its headers alone. Raises InputError as `open_checkpoint` does."""
    tensors = open_checkpoint(location)
    rows = []
    for name in tensors:
        shape = tensors.shape(name)
        rows.append(Row(name, shape, str(tensors.dtype(name)), math.prod(shape)))
    return Description(str(tensors.path), tensors.format, tuple(rows), tuple(tensors.notes))


def _open_folder(folder):
    if any((folder / name).is_file() for name in (safetensors_file.FILE, safetensors_file.INDEX)):
        return safetensors_file.read(folder)
    if any((folder / name).is_file() for name in (torch_checkpoint.FILE, torch_checkpoint.INDEX)):
        return torch_checkpoint.read(folder)
    names = [index.stem for index in sorted(folder.glob("*.index"))]
    if names:
        return tensorflow_checkpoint.read(folder / _chosen(folder, names))
    files = sorted(path for path in folder.iterdir() if path.is_file())
    weights = [path for path in files if path.suffix in torch_checkpoint.SUFFIXES and not path.name.startswith(TRAINING_STATES)]
    if len(weights) == 1:
        return torch_checkpoint.read(weights[0])
    if weights:
        found = ", ".join(path.name for path in weights[:5])
        raise InputError(f"{folder}: several files of PyTorch ({found}). Name one: {weights[0]}")
    others = [path for path in files if path.suffix in OTHER_FORMATS]
    if others:
        raise _other_format(next((path for path in others if "model" in path.name), others[0]))
    raise InputError(f"{folder}: no weights, neither {safetensors_file.FILE} nor {torch_checkpoint.FILE} nor {GOOGLE}.index. "
                     "Check the path.")  # fmt: skip


def _chosen(folder, names):
    """The one that TensorFlow's file `checkpoint` names, else the only one, or Google's name."""
    latest = _latest(folder / "checkpoint")
    if latest in names:
        return latest
    if len(names) == 1:
        return names[0]
    if GOOGLE in names:
        return GOOGLE
    reason = f"the file `checkpoint` names {latest}, which is not there" if latest else "no file `checkpoint` names the latest"
    newest = max(names, key=lambda name: int(re.search(r"\d*$", name)[0] or -1))
    raise InputError(f"{folder}: {len(names)} checkpoints ({', '.join(names)}), and {reason}. Name one: {folder / newest}")


def _latest(state):
    """Name of the latest checkpoint of a file `checkpoint`, which often holds a path of another machine; None if it has none."""
    text = state.read_bytes() if state.is_file() else b""
    match = re.search(rb'^\s*model_checkpoint_path:\s*"(.*)"', text, re.MULTILINE)
    if match is None:
        return None
    name = codecs.escape_decode(match[1])[0].decode("utf-8", "replace")     # text of a protocol buffer: \346\226\207 is 文
    return name.replace("\\", "/").rpartition("/")[2]


def _other_format(path):
    step = OTHER_FORMATS[path.suffix].format(path=path)
    return InputError(f"{path}: this format is not read, only safetensors, PyTorch's .bin and TensorFlow checkpoints. {step}")
