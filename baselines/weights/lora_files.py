"""LoRA adapters in the layout of PEFT: adapter_config.json and adapter_model.safetensors. Hu et al., 2021, arXiv:2106.09685.

    base_model.model.encoder.layer.0.attention.self.query.lora_A.weight     (rank, inputs)
    base_model.model.encoder.layer.0.attention.self.query.lora_B.weight     (outputs, rank)

The names of modules are those of transformers' bare model. Where a file holds several of our kernels side by side (GPT2's c_attn),
their adapters are one of several times the rank, B in blocks: `rank_pattern` and `alpha_pattern` say so.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.storage.json_files import read_json_object, write_json_object
from baselines.weights import safetensors_file
from baselines.weights.names import WeightName, own_name

CONFIG, FILE = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."

Adapters = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""{path of a kernel: (A float32 (inputs, rank), B float32 (rank, outputs))}."""


def write(folder: Path, adapters: Adapters, names: Mapping[str, WeightName], rank: int, alpha: float, base: str) -> None:
    """Writes the two files.

    Args:
        folder: To write to.
        adapters: A kernel's change is alpha / rank * A B.
        names: {path of a kernel: its published names}.
        rank: Columns of A.
        alpha: See `adapters`.
        base: Name or path of the checkpoint that the adapters change.
    """
    tensors, ranks, alphas = {}, {}, {}
    modules = _modules(adapters, names)
    for module, paths in modules.items():
        width = sum(adapters[path][0].shape[1] for path in paths)
        total = names[paths[0]].part[1] * adapters[paths[0]][1].shape[1]
        second = np.zeros((width, total), np.float32)
        for number, path in enumerate(paths):
            index, columns = names[path].part[0], adapters[path][1].shape[1]
            second[number * rank : (number + 1) * rank, index * columns : (index + 1) * columns] = adapters[path][1]
        tensors[f"{PREFIX}{module}.lora_A.weight"] = np.concatenate([adapters[path][0] for path in paths], axis=1).T
        tensors[f"{PREFIX}{module}.lora_B.weight"] = second.T
        if width != rank:
            ranks[module], alphas[module] = width, alpha * width / rank
    safetensors_file.write(folder / FILE, tensors, {"format": "pt"}, digest=True)
    write_json_object(folder / CONFIG, {
        "peft_type": "LORA", "task_type": None, "base_model_name_or_path": base.removeprefix("hf:"), "inference_mode": True,
        "r": rank, "lora_alpha": alpha, "lora_dropout": 0.0, "bias": "none", "target_modules": list(modules),
        "rank_pattern": ranks, "alpha_pattern": alphas, "modules_to_save": None, "use_rslora": False, "use_dora": False,
        "fan_in_fan_out": not all(names[path].transposed for path in adapters),
    })  # fmt: skip


def read(folder: Path, paths: list[str], names: Mapping[str, WeightName]) -> Adapters:
    """The adapters of these kernels. Raises InputError if the file lacks one, or is corrupted."""
    rank, tensors, found = read_json_object(folder / CONFIG)["r"], safetensors_file.read(folder / FILE), {}
    for module, owners in _modules(paths, names).items():
        keys = [f"{PREFIX}{module}.lora_{letter}.weight" for letter in "AB"]
        if not all(key in tensors for key in keys):
            raise InputError(f"{folder / FILE}: {keys[0]} is missing. Copy the folder again.")
        for key in keys:
            tensors.verify(key)
        first, second = (tensors[key].T for key in keys)
        for number, path in enumerate(owners):
            index, count = names[path].part
            rows, columns = slice(number * rank, (number + 1) * rank), second.shape[1] // count
            found[path] = first[:, rows], second[rows, index * columns : (index + 1) * columns]
    return found


def _modules(paths, names):
    """{module of transformers' bare model: paths of its kernels, in the order of their parts}."""
    modules = {}
    for path in paths:
        name = (names.get(path) or own_name(path)).hugging_face
        modules.setdefault(name.partition(".")[2].removesuffix(".weight"), []).append(path)
    return {module: sorted(owners, key=lambda path: names[path].part[0]) for module, owners in modules.items()}
