"""The index of a checkpoint in several files: model.safetensors.index.json, or pytorch_model.bin.index.json.

{"metadata": {"total_size": …}, "weight_map": {"bert.pooler.dense.weight": "model-00002-of-00002.safetensors", …}}
"""

import pathlib

from baselines.errors import InputError
from baselines.storage.json_files import read_json_object


def read_index(path: pathlib.Path) -> dict[str, pathlib.Path]:
    """{tensor name: file} of an index. Every file exists, beside the index.

    Raises:
        InputError: The index is not one, or names a file that is missing or elsewhere.
    """
    weight_map = read_json_object(path).get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(file, str) for file in weight_map.values()):
        raise InputError(f'{path}: "weight_map" is not an object {{tensor: file}}. Download the file again.')
    for file in sorted(set(weight_map.values())):
        parts = pathlib.PurePath(file).parts
        if not parts or pathlib.PurePath(file).is_absolute() or ".." in parts:
            raise InputError(f"{path}: weight_map names {file!r}, which is outside of the folder. Download the checkpoint again.")
    files = {file: path.parent / file for file in sorted(set(weight_map.values()))}
    missing = [file for file, place in files.items() if not _is_file(place)]
    if missing:
        raise InputError(f"{path}: {', '.join(missing[:3])} is not beside it ({len(missing)} missing). Copy or download it too.")
    return {name: files[file] for name, file in weight_map.items()}


def require_tensors(path: pathlib.Path, files: dict[str, pathlib.Path], names: dict[pathlib.Path, set[str]]) -> None:
    """Raises InputError if a tensor of an index is not in the file that it names.

    Args:
        path: The index.
        files: {tensor name: file}, as `read_index` returns.
        names: {file: names of its tensors}.
    """
    absent = sorted(name for name, file in files.items() if name not in names[file])
    if absent:
        raise InputError(f"{path}: {absent[0]} is not in {files[absent[0]].name} ({len(absent)} such names). The files do not "
                         "belong together: download them again.")  # fmt: skip


def _is_file(path):
    try:
        return path.is_file()
    except (OSError, ValueError):                                       # a name that is too long, or with a zero byte
        return False
