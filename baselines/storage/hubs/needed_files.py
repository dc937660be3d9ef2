"""Which files of a repository a model needs: configuration, vocabulary, and its weights in one format."""

import fnmatch
import re
from collections.abc import Iterable
from pathlib import Path

from baselines.errors import InputError
from baselines.storage.json_files import read_json

CONFIGURATION = ("config.json", "*config*.json")
OTHER_CONFIGURATIONS = ("tokenizer_config.json", "generation_config.json", "preprocessor_config.json", "quantize_config.json",
                        "sentence_bert_config.json", "config_sentence_transformers.json")  # fmt: skip
"""Configurations that are not the model's."""
TOKENIZER = ("*vocab*.txt", "*vocab*.json", "tokenizer.json", "*.model", "merges.txt")
OTHERS = ("added_tokens.json", "special_tokens_map.json")
SMALL = (*CONFIGURATION, *TOKENIZER, *OTHERS)
"""Patterns of all files but the weights."""
WEIGHTS = (
    ("model.safetensors",),
    ("model.safetensors.index.json", r"model-\d+-of-\d+\.safetensors"),
    ("pytorch_model.bin",),
    ("pytorch_model.bin.index.json", r"pytorch_model-\d+-of-\d+\.bin"),
)
"""The formats, the preferred first: the file that shows that a repository has it, and a pattern of more files."""
TENSORFLOW = r"(.*\.index|.*\.data-\d+-of-\d+|checkpoint)"
EXAMPLE = "config.json, vocab.txt and model.safetensors"


def needed(files: Iterable[str], where: object, weights: bool = True) -> list[str]:
    """The files that a model needs, of those in the root of a repository.

    Args:
        files: Paths in the repository.
        where: What messages begin with.
        weights: Whether the weights are needed too.

    Raises:
        InputError: There is no configuration, or there are weights in other formats only.
    """
    files = sorted(file for file in files if re.fullmatch(r"[^/\\:\0-\x1f]+", file))
    small = [file for file in files if any(fnmatch.fnmatch(file, pattern) for pattern in SMALL)]
    if not _matching(small, CONFIGURATION):
        raise InputError(f"{where}: no config.json among its {len(files)} files. Choose a repository of a model.")
    return small + (_weights(files, where) if weights else [])


def _weights(files, where):
    for first, *more in WEIGHTS:
        if first in files:
            return [first, *(file for file in files if any(re.fullmatch(pattern, file) for pattern in more))]
    tensorflow = [file for file in files if re.fullmatch(TENSORFLOW, file)]
    if any(file.endswith(".index") for file in tensorflow):
        return tensorflow
    formats = sorted({Path(file).suffix for file in files if Path(file).suffix in (".h5", ".msgpack", ".onnx", ".gguf", ".ot")})
    has = f"only {', '.join(formats)}" if formats else "no weights"
    raise InputError(f"{where}: it has {has}, neither safetensors nor PyTorch's .bin nor a TensorFlow checkpoint. Choose another "
                     "repository or revision.")  # fmt: skip


def missing(folder: Path, weights: bool = True) -> list[str]:
    """What a folder lacks to be a whole checkpoint, by the names of the usual files; weights in several files may lack one."""
    files = [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
    lacks = [] if _matching(files, CONFIGURATION) else ["config.json"]
    lacks += [] if _matching(files, TOKENIZER) else ["vocab.txt"]
    if not weights:
        return lacks
    index = next((first for first, *more in WEIGHTS if more and first in files), None)
    if any(first in files for first, *more in WEIGHTS if not more) or index is None and _matching(files, ["*.index"]):
        return lacks
    return lacks + (["model.safetensors"] if index is None else [file for file in _shards(folder / index) if file not in files])


def _matching(files, patterns):
    """Those of some files that match a pattern and are the model's or the tokenizer's own."""
    files = [file for file in files if file not in OTHER_CONFIGURATIONS]
    return [file for file in files if any(fnmatch.fnmatch(file, pattern) for pattern in patterns)]


def _shards(index):
    content = read_json(index)
    weight_map = content.get("weight_map") if isinstance(content, dict) else None
    return sorted(set(map(str, weight_map.values()))) if isinstance(weight_map, dict) else []
