"""Finds the folder of a checkpoint that is named by its folder or a file of its weights."""

from pathlib import Path

WEIGHTS = (".safetensors", ".safetensors.index.json", ".index", ".bin", ".bin.index.json", ".pt", ".pth")


def folder_of(location: str | Path) -> Path:
    """The folder of a .safetensors or .bin file, an index or a TensorFlow prefix (model.ckpt-2000); any other path unchanged.

    >>> folder_of("tests/bert_model.ckpt.index").name, folder_of("tests").name
    ('tests', 'tests')
    """
    path = Path(location)
    if path.is_dir():
        return path
    return path.parent if path.name.endswith(WEIGHTS) or path.with_name(f"{path.name}.index").is_file() else path
