"""Show what a checkpoint folder holds: configuration, vocabulary, tensors.

run.py inspect CHECKPOINT        a folder (Google-BERT, Hugging Face, a run's best/), a .safetensors file or a TensorFlow prefix
"""

import dataclasses
from pathlib import Path

from baselines.cli.startup import without_small_talk
from baselines.errors import InputError
from baselines.models import config as configuration
from baselines.models.families import families, family
from baselines.tokenizers import folder as tokenizer_files
from baselines.weights.checkpoint import describe
from baselines.weights.names import google_spellings, harmless, hugging_face_spellings


def main(argv):
    if "-h" in argv or "--help" in argv:
        print(__doc__.strip())
        return
    if len(argv) != 1 or argv[0].startswith("-"):
        raise InputError(f"run.py inspect: expected one checkpoint. Received: {' '.join(argv) or 'none'}. See --help.")
    path = Path(argv[0])
    folder = path if path.is_dir() else path.parent
    config = None
    if any((folder / name).is_file() for name in configuration.FILES):
        config = configuration.Config.from_folder(folder)
        print_config(config)
    if any((folder / name).is_file() for name in ("vocab.txt", "tokenizer.json")):
        print_vocabulary(folder)
    if config and path == folder and not has_weights(folder):
        print("weights        none: `run.py train TASK --init FOLDER --from_scratch` starts from random ones")
    else:
        print_tensors(describe(path), config)


def print_config(config):
    values = {name: value for name, value in dataclasses.asdict(config).items() if value is not None}
    name = values.pop("model_type")
    print(f"family         {name}: {families().get(name, 'none of ours')}")
    print(f"configuration  {', '.join(f'{key} {value}' for key, value in values.items())}")


def print_vocabulary(folder):
    vocabulary, settings = tokenizer_files.read(folder)
    added = f", {len(vocabulary.added)} of them added" if vocabulary.added else ""
    case = "lower case" if settings["lower_case"] else "upper and lower case"
    print(f"vocabulary     {len(vocabulary)} tokens{added}, {case}: {' '.join(vocabulary.tokens[:5])} … {vocabulary.tokens[-1]}")


def has_weights(folder):
    """Whether a folder holds weights of any format, one that we do not read included."""
    return any(file.suffix in (".index", ".safetensors", ".bin", ".h5", ".msgpack", ".pt", ".pth")
               or file.name.endswith(".index.json") for file in folder.iterdir())  # fmt: skip


def print_tensors(description, config):
    """A summary, then a line per tensor: its name, shape, type, and the weight of our model that takes it, if one does."""
    takers = weights_by_tensor(config) if config else {}
    shapes = {row.name: row.shape for row in description.rows}
    uses = [takers.get(row.name) or harmless(row.name, shapes) or "-" for row in description.rows]
    taken = sum(row.name in takers for row in description.rows)
    print(f"weights        {description.path} ({description.format}): {len(description.rows)} tensors, "
          f"{description.num_parameters:,} numbers; {taken} tensors have a place in our model")  # fmt: skip
    print()
    lines = [("tensor", "shape", "type", "taken by, or why by none")]
    for row, use in zip(description.rows, uses, strict=True):
        lines.append((row.name, " x ".join(map(str, row.shape)) or "scalar", row.dtype, use))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def weights_by_tensor(config):
    """{any spelling of a tensor's name: path of the weight that takes it}."""
    with without_small_talk():                                          # the module of a family imports Keras
        module = family(config.model_type)
    return {
        spelling: path
        for path, name in module.weight_names(config).items()
        for spelling in (*google_spellings(name), *hugging_face_spellings(name))
    }
