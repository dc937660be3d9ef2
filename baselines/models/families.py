"""The families of this folder, found by file: modules with `build(config, ...)` and `weight_names(config)`.

What a family's file may define besides, where it differs from BERT:

    MODEL_TYPES   other values of model_type, in config.json or --model, that mean this family: ("xlm-roberta", "camembert"); a dict
                  says which defaults each has: {"openai-gpt": {"layer_norm_eps": 1e-5}}
    CONFIG_NAMES  {key of the published config.json: field of Config}: {"d_model": "hidden_size"}
    DEFAULTS      {field of Config or option: value} where a config.json lacks it
    OPTIONS       {field that only this family has: (kind, default)}, see family_options.py
    WITHOUT       {option of options.py that it does not support: reason}
    MASK          "causal" for a family that was trained to continue texts: the mask that it has unless another is asked for
    ENCODER_DECODER   True for a family whose encoder reads a source and whose decoder writes a target: see encoder_decoder.py
    read_config   function of the dict of a config.json, with our names, that returns it with what must be computed; its
                  published_type is the model_type that was given; another model_type means that the file is of that family
    write_config  function of the dict of a config.json and a Config that returns the dict as Hugging Face's class reads it
    for_tasks     function of a Config that returns the one for our tasks, whose rows have segments 0 and 1
    for_tokenizer function of a Config and a Tokenizer that returns the Config with the ids of the tokenizer's special tokens
    sizes         function of a Config: its Sizes, see sizes.py
    max_length    function of a Config: the maximum number of tokens, or None

Those in capitals are literals: they are read from the file without importing it, because importing Keras takes seconds.
"""

import ast
import functools
from collections.abc import Collection
from pathlib import Path
from types import ModuleType
from typing import Any

from baselines.plugins import discovery

FOLDER = Path(__file__).parent
MIN_NAMES = 3
"""Of its own fields, for a config.json without a model_type to be a family's."""
LITERALS = {"MODEL_TYPES": (), "CONFIG_NAMES": {}, "DEFAULTS": {}, "OPTIONS": {}, "WITHOUT": {}, "MASK": "bidirectional",
            "ENCODER_DECODER": False}  # fmt: skip


@functools.cache
def families() -> dict[str, str]:
    """{name: one-line description}."""
    return discovery.find_modules(FOLDER, "build", "weight_names")


def family(name: str) -> ModuleType:
    """The module of a family. Raises InputError for an unknown name."""
    return discovery.load("baselines.models", family_name(name), families(), "model")


def family_name(model_type: str) -> str:
    """The name of a family's file, from a `model_type` of Hugging Face ("deberta-v2") or bert4keras; unknown ones are returned."""
    return _model_types().get(model_type, model_type)


def likely_family(fields: Collection[str]) -> str | None:
    """The model_type of a config.json with these fields that has none, as the first ones did; None without a likely family."""
    counts = {name: len(set(_literals(name)["CONFIG_NAMES"]) & set(fields)) for name in families()}
    best = max(counts, key=counts.get)
    return next(iter(_literals(best)["MODEL_TYPES"]), best) if counts[best] >= MIN_NAMES else None


def defaults(model_type: str) -> dict[str, Any]:
    """What a config.json of this model_type means where it lacks a field."""
    values = literals(family_name(model_type))
    types = values["MODEL_TYPES"]
    return values["DEFAULTS"] | (types.get(model_type, {}) if isinstance(types, dict) else {})


def literals(name: str) -> dict[str, Any]:
    """The literals of a family, {name: value}; empty ones of an unknown family."""
    return _literals(name) if name in families() else dict(LITERALS)


def option_names() -> set[str]:
    """The fields that only single families have."""
    return {option for name in families() for option in _literals(name)["OPTIONS"]}


def is_encoder_decoder(name: str) -> bool:
    """Whether a family has an encoder that reads a source and a decoder that writes a target."""
    return _literals(name)["ENCODER_DECODER"]


def hook(name: str, function: str) -> Any:
    """An optional function of a family's file, or None. The file is imported only if it defines the function."""
    return getattr(family(name), function) if name in _defining(function) else None


def trained_positions(config: Any) -> int | None:
    """The maximum length of a family with trained positions, or None without a limit."""
    max_length = hook(config.model_type, "max_length")
    if max_length:
        return max_length(config)
    if "Embedding-Position/embeddings" not in family(config.model_type).weight_names(config):
        return None
    limit = config.max_position_embeddings
    return limit**2 if config.hierarchical_position else limit


@functools.cache
def _defining(function):
    return discovery.find_modules(FOLDER, "build", "weight_names", function)


@functools.cache
def _model_types():
    return {other: name for name in families() for other in _literals(name)["MODEL_TYPES"]}


@functools.cache
def _literals(name):
    values = dict(LITERALS)
    for node in ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in LITERALS:
            values[node.targets[0].id] = ast.literal_eval(node.value)
    return values
