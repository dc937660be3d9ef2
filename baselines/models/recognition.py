"""The family that the names of a checkpoint's tensors speak for, whatever its config.json says."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import keras
import numpy as np

from baselines.errors import InputError
from baselines.models.config import Config
from baselines.models.families import families, family
from baselines.weights.load import load_weights
from baselines.weights.names import WeightName, google_spellings, harmless, hugging_face_spellings
from baselines.weights.verdict import Verdict

HEADS = re.compile(r"Pooler-|NSP-|MLM-|Discriminator-|Output-Mapping|Decoder-Output")
"""Weights that a checkpoint may lack."""
BLOCK = re.compile(r"(?:^|[./])(?:layers?|h|block|group)[._]?(\d+)[./]")
STANDARD = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "embedding_size")
SIZES = dict(zip(STANDARD, (100, 64, 1, 2, 128, 64), strict=True))
"""Of a config.json that is missing; only the number of blocks matters for names."""


def recognize(tensors: Collection[str], config: Config | None = None) -> list[str]:
    """The families whose weights have these names, those that fit equally well; [] if none fits at least half.

    Args:
        tensors: Names, of either format.
        config: That of the checkpoint, for its sizes; the number of blocks is read from the names without one.
    """
    present = set(tensors)
    needed = [name for name in tensors if not harmless(name)]
    scores = {}
    for name in families():
        try:
            # With the options of config.json and without them: a checkpoint that lacks their weights is still of the family.
            candidates = [configuration(name, needed, config), *([config] if config and config.model_type == name else [])]
            scores[name] = max(score(family(name).weight_names(each), present, needed) for each in candidates)
        except InputError:
            continue                                                    # these sizes are none of the family's
    best = max(scores.values(), default=(0.0, 0))
    return [name for name, each in scores.items() if each == best] if best[0] >= 0.5 else []


def configuration(name: str, tensors: Collection[str], config: Config | None) -> Config:
    """A Config of the family with the sizes of `config`."""
    blocks = [int(match[1]) for tensor in tensors for match in [BLOCK.search(tensor)] if match]
    sizes = SIZES | {"num_hidden_layers": max(blocks, default=0) + 1}
    if config:
        sizes = {field: getattr(config, field) for field in STANDARD}
        sizes |= {"pad_token_id": config.pad_token_id, "type_vocab_size": config.type_vocab_size}
    return Config.from_dict({**sizes, "model_type": name})


def score(names: dict[str, WeightName], present: set[str], needed: Collection[str]) -> tuple[float, int]:
    """(share of weights and tensors that belong to each other, how many have the family's own prefix)."""
    taken, found, own, missing = set(), 0, 0, 0
    for path, name in names.items():
        spelling = next((each for each in (*hugging_face_spellings(name), *google_spellings(name)) if each in present), None)
        if spelling:
            taken.add(spelling)
            found += 1
            own += spelling in (name.hugging_face, name.google)
        elif not (name.optional or HEADS.match(path)):
            missing += 1
    unexplained = sum(name not in taken for name in needed)
    return found / max(found + missing + unexplained, 1), own


def disagreement(tensors: Collection[str], config: Config) -> str | None:
    """A sentence about a config.json of another family than its tensors, or None."""
    fitting = recognize(tensors, config)
    if not fitting or config.model_type in fitting:
        return None
    return (
        f"the tensors are those of {' or '.join(fitting)}, but the config says {config.model_type}. "
        f'Set "model_type": "{fitting[0]}" in config.json, or choose the model {fitting[0]}.'
    )


def load(
    model: keras.Model, tensors: Mapping[str, np.ndarray], names: Mapping[str, WeightName], config: Config, **options: Any
) -> Verdict:
    """As `load_weights`, whose `options` it takes, with an error that names the family of the tensors if it is another."""
    try:
        return load_weights(model, tensors, names, **options)
    except InputError as error:
        sentence = disagreement(list(tensors), config)
        if sentence is None:
            raise
        raise InputError(f"{tensors.path}: {sentence}") from error
