"""A checkpoint with only those tokens that a corpus uses: fewer rows in its tables, and the same outputs for texts of kept tokens.

Su, 2020, kexue.fm/archives/7758: of Chinese BERT's 21128 tokens, most texts need less than half.
"""

import json
import shutil
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.models.builder import configure
from baselines.models.families import family
from baselines.models.vocabulary import TABLES, rows
from baselines.storage.atomic_files import atomic_folder
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS
from baselines.tokenizers.wordpiece import Tokenizer
from baselines.weights import safetensors_file, tensorflow_checkpoint
from baselines.weights.checkpoint import open_checkpoint

TIED = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")
"""Further names under which Hugging Face's checkpoints hold the two tables."""
REWRITTEN = ("*.safetensors*", "*.index", "*.data-*", "*.meta", "checkpoint", "added_tokens.json", "*.bin", "*.h5")
"""Files that are written anew, or whose weights are those of the whole vocabulary."""
MAPPING = "keep_tokens.json"


def count_tokens(tokenizer, texts):
    """int64 (V,): how often each token is in the texts."""
    counts = np.zeros(len(tokenizer.vocabulary), np.int64)
    for text in texts:
        ids = tokenizer.ids(text)
        np.add.at(counts, ids, 1)
    return counts


def kept_tokens(vocabulary, counts, size=None, min_count=1):
    """Ids to keep, ascending: special and added tokens, single ASCII characters, and the most frequent others.

    size        of the new vocabulary, at most; None: all that occur `min_count` times
    """
    ascii_signs = {form for code in range(33, 127) for form in (chr(code), f"##{chr(code)}")}
    always = {vocabulary.ids[token] for token in (*SPECIAL_TOKENS, *vocabulary.added) if token in vocabulary}
    always |= {vocabulary.ids[token] for token in ascii_signs if token in vocabulary}
    if size is not None and size < len(always):
        raise InputError(f"--size: expected at least {len(always)}, for special tokens and ASCII signs. Received: {size}.")
    others = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i] >= min_count and i not in always]
    return sorted(always | set(others if size is None else others[: size - len(always)]))


def trim(folder, out, ids):
    """Writes the checkpoint `folder`, cut to the tokens `ids`, to `out`, with every other tensor and file as it was.

    keep_tokens.json has `ids`: the id that each token had. Raises InputError where a table is not as long as the vocabulary.
    """
    folder, out = Path(folder), Path(out)
    tokenizer, config, tensors = Tokenizer.from_folder(folder), configure(folder), open_checkpoint(folder)
    if len(tokenizer.vocabulary) != config.vocab_size:
        raise InputError(
            f"{folder}: expected {config.vocab_size:,} tokens, as config.json says. Received: {len(tokenizer.vocabulary):,}. "
            "Do vocabulary and checkpoint belong together?"
        )
    names = [each for path, each in family(config.model_type).weight_names(config).items() if path in TABLES]
    tables = {*TIED, *(name.google for name in names), *(name.hugging_face for name in names)}
    tables |= {name.hugging_face.partition(".")[2] for name in names}  # without the family's prefix: a bare encoder
    if not tables & set(tensors):
        raise InputError(f"{folder}: expected a table of tokens, such as {names[0].hugging_face}. Received: none in it.")
    adapted = {name: rows(tensors[name], ids) if name in tables else tensors[name] for name in tensors}
    with atomic_folder(out) as building:
        for path in folder.iterdir():
            if path.is_file() and not any(map(path.match, REWRITTEN)):
                shutil.copyfile(path, building / path.name)
        if tensors.format == safetensors_file.FORMAT:
            safetensors_file.write(building / safetensors_file.FILE, adapted, {"format": "pt"})
        else:
            tensorflow_checkpoint.write(building / "bert_model.ckpt", adapted)
        Tokenizer(tokenizer.vocabulary.kept(ids), tokenizer.lower_case, tokenizer.pre_tokenizer).save(building)
        for name in ("config.json", "bert_config.json"):
            if (building / name).is_file():
                values = json.loads((building / name).read_text(encoding="utf-8")) | {"vocab_size": len(ids)}
                (building / name).write_text(json.dumps(values, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        (building / MAPPING).write_text(json.dumps({"keep_tokens": list(map(int, ids))}) + "\n", encoding="utf-8")
