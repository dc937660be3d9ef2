"""A checkpoint with only the tokens that a corpus uses: smaller tables, and the same outputs for texts of these tokens.

Su, 2020, kexue.fm/archives/7758: of Chinese BERT's 21128 tokens, most texts need less than half.
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.models import config as configuration
from baselines.models.checkpoint import Checkpoint
from baselines.models.vocabulary import COLUMNS, TABLES, rows
from baselines.storage.atomic_files import atomic_folder
from baselines.storage.checkpoint_paths import folder_of
from baselines.storage.json_files import write_json_object
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.weights import safetensors_file, tensorflow_checkpoint
from baselines.weights.checkpoint import GOOGLE
from baselines.weights.finite import require_finite
from baselines.weights.load import TIED
from baselines.weights.names import OPTIMIZER_STATE, google_spellings, harmless, hugging_face_spellings

REPLACED = (
    "*.safetensors*", "*.index", "*.data-*", "*.meta", "checkpoint", "added_tokens.json", "*.bin*", "*.pt", "*.pth", "*.h5",
    "*.model", "vocab.json", "merges.txt", "special_tokens_map.json",
)  # fmt: skip
"""Files that are written again, or whose weights are those of the whole vocabulary."""
MAPPING = "keep_tokens.json"


def count_tokens(tokenizer: Tokenizer, texts: Iterable[str]) -> np.ndarray:
    """int64 (V,): how often each token occurs in the texts."""
    counts = np.zeros(len(tokenizer.vocabulary), np.int64)
    for text in texts:
        np.add.at(counts, tokenizer.ids(text), 1)
    return counts


def retained_ids(tokenizer: Tokenizer, counts: np.ndarray, size: int | None = None, min_count: int = 1) -> list[int]:
    """Ids to keep, ascending: special and added tokens, ASCII characters or bytes, and the most frequent others with their parts.

    Args:
        counts: int64 (V,), how often each token occurs.
        size: Of the new vocabulary, at most; None for all tokens that occur often enough.
        min_count: Occurrences below which a token is dropped.

    Raises:
        InputError: `size` is too small for special tokens and ASCII characters.
    """
    ids = set(tokenizer.model.indispensable_ids())
    if size is not None and size < len(ids):
        raise InputError(f"--size {size} is too small: special tokens and ASCII characters need {len(ids)}. Raise it.")
    for token in np.argsort(-counts, kind="stable"):
        if counts[token] < min_count or len(ids) == size:
            break
        parts = tokenizer.model.with_parts(int(token)) - ids
        if size is None or len(ids) + len(parts) <= size:
            ids |= parts
    return sorted(ids)


def trim(checkpoint: Checkpoint, out: str | Path, ids: Sequence[int]) -> None:
    """Writes a checkpoint with the tokens `ids` to the folder `out`; every other tensor and file is copied.

    keep_tokens.json has `ids`: the id that each token had.

    Raises:
        InputError: The weights have no table of tokens, one shorter than the vocabulary, or a number that is not finite.
    """
    tensors, (tables, columns) = checkpoint.tensors, _tables(checkpoint)
    for name in tensors:
        tensors.verify(name)
        require_finite(tensors[name], name, str(tensors.path))
    shapes = {name: tensors.shape(name) for name in tensors}
    trimmed = {
        name: rows(tensors[name], ids) if name in tables else rows(tensors[name].T, ids).T if name in columns else tensors[name]
        for name in tensors
        if harmless(name, shapes) != OPTIMIZER_STATE                    # its rows are those of the whole vocabulary too
    }
    source = folder_of(checkpoint.source)
    values, path = configuration.read(source)
    with atomic_folder(out) as folder:
        for file in source.iterdir():
            if file.is_file() and not any(map(file.match, REPLACED)):
                shutil.copyfile(file, folder / file.name)
        tokenizer = checkpoint.tokenizer.subset(ids)
        tokenizer.save(folder)
        values = renumbered(values, ids) | {"vocab_size": len(ids), "pad_token_id": tokenizer.vocabulary.pad_id}
        if "torch_dtype" not in values:                                 # its older name
            values.setdefault("dtype", "float32")
        write_json_object(folder / Path(path).name, values)
        (folder / MAPPING).write_text(json.dumps({"keep_tokens": list(map(int, ids))}) + "\n", encoding="utf-8")
        if tensors.hugging_face:
            safetensors_file.write(folder / safetensors_file.FILE, trimmed, {"format": "pt"})
        else:
            tensorflow_checkpoint.write(folder / GOOGLE, trimmed)


def renumbered(values: dict, ids: Sequence[int]) -> dict:
    """The dict of a config.json with the new ids of its special tokens, such as eos_token_id; without those that are not kept."""
    new = {old: number for number, old in enumerate(ids)}
    special = {name: new.get(value) for name, value in values.items() if name.endswith("_token_id") and type(value) is int}
    kept = {name: value for name, value in values.items() if name not in special}
    return kept | {name: value for name, value in special.items() if value is not None}


def megabytes(folder: Path, weights: Mapping | None = None) -> float:
    """The size of a checkpoint's files.

    Args:
        folder: Of the checkpoint.
        weights: What `open_checkpoint` returned for it; None if the folder has no other weights.
    """
    files = [file for file in folder.iterdir() if file.is_file() and (weights is None or not any(map(file.match, REPLACED)))]
    files += [file for file in weights.files if file.is_file()] if weights is not None else []
    return sum(file.stat().st_size for file in files) / 1e6


def _tables(checkpoint):
    """The names, among the checkpoint's tensors, of those with a row per token, and of those with a column per token."""
    names = checkpoint.weight_names
    stored = [(name, checkpoint.tensors.hugging_face and name.transposed) for path, name in names.items() if path in COLUMNS]
    tables = [name for path, name in names.items() if path in TABLES] + [name for name, turned in stored if turned]
    columns = [name for name, turned in stored if not turned]
    found = {name for name in checkpoint.tensors if name in _spellings(tables) or name in TIED}
    if not found:
        raise InputError(f"{checkpoint.source}: no embedding table, such as {tables[0].hugging_face}. Check the path.")
    return found, {name for name in checkpoint.tensors if name in _spellings(columns)}


def _spellings(names):
    return {spelling for name in names for spelling in (*google_spellings(name), *hugging_face_spellings(name))}
