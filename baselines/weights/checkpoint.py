"""A checkpoint on disk, whatever its format: find it in a folder, open it, list what it holds."""

import dataclasses
import math
import pathlib

from baselines.errors import InputError
from baselines.weights import safetensors_file, tensorflow_checkpoint

TO_SAFETENSORS = (
    "Convert it once where torch is installed: python -c \"import torch, safetensors.torch as s; "
    "w = torch.load('{name}', map_location='cpu', weights_only=True); "
    "s.save_file({{k: v.clone().contiguous() for k, v in w.items()}}, 'model.safetensors', {{'format': 'pt'}})\""
)
OTHER_FORMATS = {
    "pytorch_model.bin": TO_SAFETENSORS,
    "tf_model.h5": "Save the model once as safetensors: transformers' `save_pretrained`.",
    "flax_model.msgpack": "Save the model once as safetensors: transformers' `save_pretrained`.",
}
"""{file name: what to do}. Pickles can run code when they are read; we read none."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One tensor of a checkpoint; `size` in numbers, not bytes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    size: int


@dataclasses.dataclass(frozen=True)
class Description:
    """What a checkpoint holds: `path`, `format`, and `rows` as the file orders them."""

    path: str
    format: str
    rows: tuple[Row, ...]

    @property
    def num_parameters(self):
        return sum(row.size for row in self.rows)


def open_checkpoint(location):
    """The tensors of a folder, a .safetensors file, or a TensorFlow prefix (with or without .index).

    Returns a lazy mapping {name: array} with `path`, `format`, `shape(name)`, `dtype(name)` and `verify(name)`.
    In a folder safetensors come first. Raises InputError if nothing is found, or nothing that is read.
    """
    path = pathlib.Path(location)
    if path.is_dir():
        return _open_folder(path)
    if path.name.endswith((".safetensors", ".safetensors.index.json")):
        return safetensors_file.read(path)
    if path.is_file() and path.suffix in (".bin", ".pt", ".pth"):
        raise InputError(f"{path}: expected safetensors. Received a pickle. {TO_SAFETENSORS.format(name=path)}")
    return tensorflow_checkpoint.read(path.with_suffix("") if path.suffix == ".index" else path)


def describe(location):
    """The Description of a checkpoint, from its headers alone."""
    tensors = open_checkpoint(location)
    rows = []
    for name in tensors:
        shape = tensors.shape(name)
        rows.append(Row(name, shape, str(tensors.dtype(name)), math.prod(shape)))
    return Description(str(tensors.path), tensors.format, tuple(rows))


def _open_folder(folder):
    if any((folder / name).is_file() for name in (safetensors_file.FILE, safetensors_file.INDEX)):
        return safetensors_file.read(folder)
    indices = sorted(folder.glob("*.index"))
    usual = folder / "bert_model.ckpt.index"
    if usual in indices:
        indices = [usual]
    if len(indices) == 1:
        return tensorflow_checkpoint.read(indices[0].with_suffix(""))
    if indices:
        names = [index.stem for index in indices]
        raise InputError(f"{folder}: expected one checkpoint. Received: {', '.join(names)}. "
                         f"Name one: {folder / names[0]}")  # fmt: skip
    for name, step in OTHER_FORMATS.items():
        if (folder / name).is_file():
            step = step.format(name=folder / name)
            raise InputError(f"{folder}: expected {safetensors_file.FILE}. Received {name}. {step}")
    raise InputError(f"{folder}: expected {safetensors_file.FILE}, {safetensors_file.INDEX} or bert_model.ckpt.index. "
                     "Received none of them. Is this the checkpoint's folder?")  # fmt: skip
