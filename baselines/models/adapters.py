"""LoRA: small matrices beside frozen kernels are all that learns in the encoder. Hu et al., 2021, arXiv:2106.09685.

A kernel W becomes W + alpha / rank * A B, with A (inputs, rank) and B (rank, outputs), which starts at zero. The folder of a
trained model holds adapters in PEFT's layout, the weights that the base lacks (the head), and lora.json: the base and the digest of
the kernels that the adapters belong to.
"""

import hashlib
import json
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError, nearest
from baselines.models.lora import SETTINGS, Lora
from baselines.storage.checksums import sha256
from baselines.storage.json_files import read_json_object, write_json_object
from baselines.weights import lora_files, safetensors_file
from baselines.weights.names import WeightName, own_name
from baselines.weights.verdict import Verdict

if typing.TYPE_CHECKING:
    import keras

A, B = "lora_kernel_a", "lora_kernel_b"


class LoraModel:
    """A model whose encoder has adapters, and knows which of its weights come from the base.

    Args:
        model: The encoder with its head; adapters are added, and the weights of the encoder become untrainable.
        encoder: The model under the head, with the base's weights.
        rank: Columns of A.
        lora: The settings.
        base: Name or path of the base checkpoint.
        loaded: Paths of the weights that the base gave.

    Raises:
        InputError: A target is in no block, or the rank is larger than a kernel.
    """

    def __init__(
        self, model: "keras.Model", encoder: "keras.Model", rank: int, lora: Lora, base: str, loaded: Sequence[str]
    ):  # fmt: skip
        self.model, self.rank, self.alpha, self.base, self._loaded = model, rank, lora.alpha, base, set(loaded)
        layers = _target_layers(encoder, lora.targets)
        for layer in layers:
            smallest = min(layer.kernel.shape)
            if rank > smallest:
                raise InputError(f"--lora {rank}: {layer.path} is only {smallest} wide. Choose a rank of {smallest} or less.")
        for variable in encoder.trainable_variables:
            variable.trainable = False
        for layer in layers:
            layer.enable_lora(rank, lora_alpha=lora.alpha)
        self._layers = {layer._kernel.path: layer for layer in layers}
        self._digest = kernels_digest({path: layer._kernel.numpy() for path, layer in self._layers.items()})

    def save(self, folder: Path, names: Mapping[str, WeightName]) -> None:
        """Writes adapters, the other weights that the base lacks, and lora.json; the folder has its other files already."""
        adapters = {path: (layer.lora_kernel_a.numpy(), layer.lora_kernel_b.numpy()) for path, layer in self._layers.items()}
        lora_files.write(folder, adapters, names, self.rank, self.alpha, self.base)
        settings = {"base": self.base, "digest": self._digest, "rank": self.rank, "alpha": self.alpha, "kernels": list(adapters)}
        write_json_object(folder / SETTINGS, settings)
        own = {own_name(path).hugging_face: variable.numpy() for path, variable in self._own().items()}
        digests = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        metadata = {"format": "pt", safetensors_file.FILES: json.dumps(digests)}
        safetensors_file.write(folder / safetensors_file.FILE, own, metadata, digest=True)

    def load(self, folder: Path, names: Mapping[str, WeightName]) -> None:
        """Assigns the weights of a folder that `save` wrote."""
        for path, (first, second) in lora_files.read(folder, list(self._layers), names).items():
            self._layers[path].lora_kernel_a.assign(first)
            self._layers[path].lora_kernel_b.assign(second)
        _assign(self._own(), safetensors_file.read(folder / safetensors_file.FILE))

    def _own(self):
        """{path: variable} of the weights that are neither adapters nor the base's."""
        weights = {weight.path: weight for weight in self.model.weights}
        return {path: weight for path, weight in weights.items() if path not in self._loaded and not path.endswith((A, B))}


def load_merged(model: "keras.Model", folder: Path, names: Mapping[str, WeightName], load_base: Callable) -> Verdict:
    """Assigns base, adapters and the other weights to a model without adapters.

    Args:
        model: With the architecture of the base, and the head of the folder or none.
        folder: That `LoraModel.save` wrote.
        names: {variable path: published names}.
        load_base: (location of the base) -> Verdict, after the base's weights were assigned to the model.

    Returns:
        The base's Verdict.

    Raises:
        InputError: A file is missing or corrupted, or the base is another one than in training.
    """
    settings = read_json_object(folder / SETTINGS)
    verdict = load_base(settings["base"])
    weights = {weight.path: weight for weight in model.weights}
    kernels = {path: weights[path].numpy() for path in settings["kernels"] if path in weights}
    if kernels_digest(kernels) != settings["digest"]:
        raise InputError(f"{folder}: its adapters belong to another base than {settings['base']} is now. Restore that checkpoint.")
    scale = settings["alpha"] / settings["rank"]
    for path, (first, second) in lora_files.read(folder, settings["kernels"], names).items():
        weights[path].assign(kernels[path] + scale * (first @ second))
    taken = {fate.path for fate in verdict.used}
    own = {path: weight for path, weight in weights.items() if path not in taken}
    _assign(own, safetensors_file.read(folder / safetensors_file.FILE))
    return verdict


def kernels_digest(kernels: Mapping[str, np.ndarray]) -> str:
    """A hex digest of {path: kernel}, whatever file they come from."""
    digest = hashlib.sha256()
    for path in sorted(kernels):
        digest.update(path.encode())
        digest.update(np.ascontiguousarray(kernels[path], np.float32).tobytes())
    return digest.hexdigest()


def _assign(weights, tensors):
    for path, weight in weights.items():
        name = own_name(path).hugging_face
        if name not in tensors:
            raise InputError(f"{tensors.path}: {name} is missing. Copy the folder again.")
        tensors.verify(name)
        weight.assign(tensors[name])


def _target_layers(encoder, targets):
    """The Dense layers within blocks whose names are in `targets`. Raises InputError for a name that no block has."""
    import keras

    dense = [layer for layer in encoder._flatten_layers() if isinstance(layer, keras.layers.Dense) and "Transformer-" in layer.path]
    known = sorted({layer.name for layer in dense})
    for target in targets:
        if target not in known:
            advice = nearest(target, known)
            raise InputError(f"--lora.targets: {encoder.name} has no layer {target[:40]!r} in its blocks. {advice}")
    places = {weight.path: number for number, weight in enumerate(encoder.weights)}
    return sorted((layer for layer in dense if layer.name in targets), key=lambda layer: places[layer.kernel.path])
