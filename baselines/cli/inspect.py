"""Show what a checkpoint folder holds: configuration, vocabulary, tensors.

run.py inspect CHECKPOINT      a folder (Google-BERT, Hugging Face, a run's best/), a .safetensors or .bin file, a TensorFlow
                               prefix, or a name on a hub, which is downloaded: hf:ORG/NAME, modelscope:ORG/NAME
"""

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from baselines.cli.startup import without_small_talk
from baselines.errors import InputError
from baselines.models.config import Config, find
from baselines.models.families import families, family
from baselines.runtime.text_table import aligned
from baselines.storage.checkpoint_paths import folder_of, local_path
from baselines.tokenizers.folder import has_tokenizer
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.weights.names import google_spellings, harmless, hugging_face_spellings

if TYPE_CHECKING:
    from baselines.weights.checkpoint import Description

WEIGHTS = (".index", ".safetensors", ".bin", ".h5", ".msgpack", ".onnx", ".gguf", ".pt", ".pth")
"""Suffixes of files with weights, including formats that are not supported."""


def main(argv: list[str]) -> None:
    """Prints what a checkpoint holds."""
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    if len(argv) != 1 or argv[0].startswith("-"):
        raise InputError(f"run.py inspect takes one checkpoint, but got {len(argv)} arguments. Name a folder or file.")
    # Here, because the import of ml_dtypes takes a second, which --help need not wait for.
    from baselines.weights.checkpoint import describe

    path = local_path(argv[0])
    folder = folder_of(path)
    folder = folder if folder.is_dir() else folder.parent
    config = Config.from_folder(folder) if folder.is_dir() and find(folder) else None
    if config:
        print_config(config)
    if has_tokenizer(folder):
        tokenizer = Tokenizer.from_folder(folder)
        print_vocabulary(tokenizer)
        print_remarks(folder, tokenizer, config)
    if config and path == folder and not has_weights(folder):
        print("weights        none: `run.py train TASK --init FOLDER --from_scratch` starts from random ones")
    else:
        print_tensors(describe(path), config)


def print_config(config: Config) -> None:
    """Two lines: the family, and the fields of the configuration."""
    values = {name: value for name, value in dataclasses.asdict(config).items() if value is not None}
    name = values.pop("model_type")
    values |= values.pop("family_options")
    print(f"family         {name}: {families().get(name, 'not implemented')}")
    print(f"configuration  {', '.join(f'{key} {value}' for key, value in values.items())}")


def print_vocabulary(tokenizer: Tokenizer) -> None:
    """One line: the number of tokens, the case, how texts are split, and some tokens."""
    vocabulary = tokenizer.vocabulary
    added = f", {len(vocabulary.added)} of them added" if vocabulary.added else ""
    tokens = f"{' '.join(vocabulary.tokens[:5])} … {vocabulary.tokens[-1]}"
    print(f"vocabulary     {len(vocabulary)} tokens{added}, {tokenizer.describe()}: {tokens}")


def print_remarks(folder: Path, tokenizer: Tokenizer, config: Config | None) -> None:
    """A line for each thing that is unusual: rows without a token, names of files, words that no text can contain."""
    with without_small_talk():                                          # the module of a checkpoint imports Keras
        from baselines.models.checkpoint import remarks, spare_rows
    notes = remarks(folder, tokenizer)
    if config and config.vocab_size > len(tokenizer.vocabulary):
        notes.append(spare_rows(folder, config.vocab_size, len(tokenizer.vocabulary)))
    for note in notes:
        print(f"note           {note}")


def has_weights(folder: Path) -> bool:
    """Whether a folder holds weights of any format, including formats that are not supported."""
    return any(file.suffix in WEIGHTS or file.name.endswith(".index.json") for file in folder.iterdir())


def print_tensors(description: "Description", config: Config | None) -> None:
    """A summary, then a line per tensor: its name, shape, dtype, and the weight of our model that uses it."""
    takers = weights_by_tensor(config) if config else {}
    shapes = {row.name: row.shape for row in description.rows}
    uses = [takers.get(row.name) or harmless(row.name, shapes) or "-" for row in description.rows]
    taken = sum(row.name in takers for row in description.rows)
    print(f"weights        {description.path} ({description.format}): {len(description.rows)} tensors, "
          f"{description.num_parameters:,} numbers; {taken} tensors are used by our model")  # fmt: skip
    for note in [*description.notes, *family_notes(shapes, config)]:
        print(f"note           {note}")
    print()
    lines = [("tensor", "shape", "type", "used by, or why unused")]
    for row, use in zip(description.rows, uses, strict=True):
        lines.append((row.name, " x ".join(map(str, row.shape)) or "scalar", row.dtype, use))
    print(aligned(lines), end="")


def family_notes(tensors: Collection[str], config: Config | None) -> list[str]:
    """The family of the tensors, where no config.json says it or says another."""
    with without_small_talk():                                          # the families import Keras
        from baselines.models.recognition import disagreement, recognize
    if config:
        sentence = disagreement(tensors, config)
        return [sentence] if sentence else []
    fitting = recognize(tensors)
    return [f"no config.json; the tensors are those of {' or '.join(fitting)}."] if fitting else []


def weights_by_tensor(config: Config) -> dict[str, str]:
    """{any spelling of a tensor's name: path of the weight that uses it, or paths of those that share it}."""
    with without_small_talk():                                          # the module of a family imports Keras
        module = family(config.model_type)
    paths = {}
    for path, name in module.weight_names(config).items():
        for spelling in (*google_spellings(name), *hugging_face_spellings(name)):
            paths.setdefault(spelling, []).append(path)
    return {spelling: ", ".join(dict.fromkeys(each)) for spelling, each in paths.items()}
