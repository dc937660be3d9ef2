"""Load a checkpoint into a model: all of it or nothing, and a verdict on every tensor."""

import collections
import dataclasses
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from baselines.weights import names as naming
from baselines.weights.checkpoint import open_checkpoint
from baselines.weights.finite import require_finite
from baselines.weights.verdict import Fate, Verdict

logger = logging.getLogger(__name__)

GPT_TABLES = ("wte.weight", "tokens_embed.weight")
"""The ends of the names of GPT's token tables, to which its head is always tied."""
TIED = {
    "cls.predictions.decoder.weight": "embeddings.word_embeddings.weight",
    "cls.predictions.decoder.bias": "cls.predictions.bias",
    "predictions.decoder.weight": "embeddings.word_embeddings.weight",
    "predictions.decoder.bias": "predictions.bias",
    "generator_lm_head.weight": "embeddings.word_embeddings.weight",
    "lm_head.decoder.weight": "embeddings.word_embeddings.weight",
    "lm_head.decoder.bias": "lm_head.bias",
    "decoder.weight": "embeddings.tok_embeddings.weight",
    **dict.fromkeys(("encoder.embed_tokens.weight", "decoder.embed_tokens.weight"), "shared.weight"),
    "lm_head.weight": ("shared.weight", *GPT_TABLES),
    **dict.fromkeys(("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"), "shared.weight"),
}
"""{tensor of a Hugging Face file: the end of the name of the one it repeats}, where the model has one weight for both."""

DECODER = re.compile(r"(model\.)?decoder[./]")
"""Tensors of a decoder, beside those of an encoder that reads alone."""


def load_weights(
    model: keras.Model,
    checkpoint: str | Path | Mapping[str, np.ndarray],
    names: Mapping[str, naming.WeightName],
    adapt: Mapping[str, Callable[[np.ndarray], np.ndarray]] | None = None,
    ignore_mismatched: bool = False,
    task_weights: bool = False,
) -> Verdict:
    """Assigns the tensors of a checkpoint to the weights of a model: all of them, or none.

    Args:
        model: Its variables are assigned.
        checkpoint: A folder, a .safetensors file, a TensorFlow prefix, or what `open_checkpoint` returned for one.
        names: {variable path: published names}; weights that the model lacks are ignored.
        adapt: {variable path: function of the tensor in our layout}, for example to select rows of an embedding.
        ignore_mismatched: Load what fits and leave the other weights as they are; the verdict lists them.
        task_weights: Also require optional weights, and weights without a name in `names`, as `save_hugging_face` stores them.

    Returns:
        What became of each tensor and each weight.

    Raises:
        InputError: The verdict is not complete, nothing fits, a file is corrupted, or a number is not finite.
    """
    tensors = checkpoint if isinstance(checkpoint, Mapping) else open_checkpoint(checkpoint)
    weights = weights_by_path(model)
    if task_weights:
        names = {path: naming.own_name(path) for path in weights} | dict(names)
    sources = _sources(weights, tensors, names, adapt or {})
    verdict = _verdict(weights, tensors, names, sources, task_weights)
    if ignore_mismatched:
        verdict.require_something()
    else:
        verdict.require_complete()
    if not verdict.complete:
        logger.warning(verdict.summary())
    for fate in verdict.used:
        tensors.verify(fate.name)
        require_finite(_converted(sources[fate.path], weights[fate.path]), fate.name, verdict.source)
    for fate in verdict.used:
        weights[fate.path].assign(_converted(sources[fate.path], weights[fate.path]))
    return verdict


def weights_by_path(model: keras.Model) -> dict[str, keras.Variable]:
    """{path: variable} of a model's weights: no random seeds, metrics or optimizer slots.

    A path begins with the layer's name; a subclassed model's own name is left out.

    Raises:
        ValueError: Two variables have one path.
    """
    prefix = f"{model.name}/"
    if not all(variable.path.startswith(prefix) for variable in model.weights):
        prefix = ""
    weights = {variable.path.removeprefix(prefix): variable for variable in model.weights}
    if len(weights) < len(model.weights):
        paths = collections.Counter(variable.path for variable in model.weights)
        twice = [path for path, count in paths.items() if count > 1]
        raise ValueError(f"weights_by_path: expected one variable per path. Received more for: {twice}")
    return weights


@dataclasses.dataclass(frozen=True)
class _Source:
    """A tensor and what is done to it on the way to its variable. `adapted` is stored because computing it may cost a copy."""

    tensors: Any
    name: str
    transposed: bool
    part: tuple[int, int] = (0, 1)
    adapted: np.ndarray | None = None

    @property
    def shape(self):
        if self.adapted is not None:
            return self.adapted.shape
        shape = self.tensors.shape(self.name)
        shape = shape[::-1] if self.transposed else shape
        _, count = self.part
        return (*shape[:-1], shape[-1] // count) if count > 1 and shape and shape[-1] % count == 0 else shape

    def array(self):
        if self.adapted is not None:
            return self.adapted
        array = self.tensors[self.name]
        array = array.T if self.transposed else array
        index, count = self.part
        return array[..., index * self.shape[-1] : (index + 1) * self.shape[-1]] if count > 1 else array


def _sources(weights, tensors, names, adapt):
    """{path: _Source} of the weights whose tensor is there, in any spelling."""
    hugging_face = tensors.hugging_face
    sources = {}
    for path in (path for path in weights if path in names):
        spellings = naming.hugging_face_spellings if hugging_face else naming.google_spellings
        name = next((spelling for spelling in spellings(names[path]) if spelling in tensors), None)
        if name is None:
            continue
        if hugging_face:
            source = _Source(tensors, name, names[path].transposed, names[path].part)
        else:
            source = _Source(tensors, name, names[path].google_transposed)
        if path in adapt:
            source = dataclasses.replace(source, adapted=np.asarray(adapt[path](source.array())))
        sources[path] = source
    return sources


def _converted(source, weight):
    """The array of a source in the dtype of its variable: a float64 number may become infinite."""
    array = source.array()
    with np.errstate(over="ignore"):
        return array.astype(weight.dtype, copy=False)


def _verdict(weights, tensors, names, sources, task_weights):
    hugging_face = tensors.hugging_face
    used, missing, misshaped, fresh = [], [], [], []
    for path, variable in weights.items():
        expected = tuple(variable.shape)
        lacking = path not in sources
        if path not in names or (lacking and names[path].optional and not task_weights):
            fresh.append(path)
        elif lacking:
            name = names[path].hugging_face if hugging_face else names[path].google
            missing.append(Fate(name, path, expected))
        else:
            source = sources[path]
            fits = used if source.shape == expected else misshaped
            fits.append(Fate(source.name, path, expected, source.shape))
    taken = dict.fromkeys(source.name for source in sources.values())
    shapes = {name: tensors.shape(name) for name in tensors}
    has_mlm_head = any(path.startswith("MLM-") for path in sources)
    unused = [_unused(name, tensors, taken, shapes, has_mlm_head) for name in tensors if name not in taken]
    return Verdict(str(tensors.path), tuple(used), tuple(missing), tuple(unused), tuple(misshaped), tuple(fresh))


def _unused(name, tensors, taken, shapes, has_mlm_head):
    """The Fate of a tensor that no variable takes."""
    reason = naming.harmless(name, shapes)
    if not reason and DECODER.match(name) and not any(DECODER.match(other) for other in taken):
        reason = "the decoder, which was not asked for"
    original = next((other for other in taken if name in TIED and other.endswith(TIED[name])), None)
    if original and (has_mlm_head or original.endswith(GPT_TABLES)):
        same = tensors.shape(name) == tensors.shape(original) and np.array_equal(tensors[name], tensors[original])
        if not same:
            reason = f"differs from {original}, and the model has one weight for both"
            return Fate(name, received=tensors.shape(name), reason=reason)
        reason = f"repeats {original}"
    return Fate(name, received=tensors.shape(name), reason=reason or "", harmless=bool(reason))
