"""Files of vectors: OUTPUT (.npy), OUTPUT.json about the model, OUTPUT.ids and OUTPUT.whitening.npz where there are such.

OUTPUT.json names the SHA-256 of the others and is written first. A process that is killed meanwhile leaves a json whose digests do
not match: nobody takes old vectors for the new model's, and the same command completes the set.
"""

import io
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError, excerpt
from baselines.retrieval.vector_index.whitening import Whitening
from baselines.storage.atomic_files import atomic_write, move
from baselines.storage.checksums import sha256
from baselines.storage.temporary_names import destination
from baselines.workflows.partial_vectors import PartialVectors

AGAIN = "Run `encode` again."
SUFFIXES = {"vectors": "", "ids": ".ids", "whitening": ".whitening.npz"}
"""{part of a set: its suffix}"""


def publish(part: PartialVectors, output: Path, about: dict, ids: Iterable[Any] | None, whitening: Whitening | None) -> None:
    """Gives complete vectors their final name, with everything beside them. An older set of that name is replaced.

    Args:
        part: All vectors.
        output: File to write, without symbolic links.
        about: What OUTPUT.json says of model, texts and options.
        ids: An id for each vector, or None.
        whitening: The Whitening that was applied, or None.
    """
    paths, ready = {name: beside(output, suffix) for name, suffix in SUFFIXES.items()}, {"vectors": part.path}
    if ids is not None:
        ready["ids"] = part.folder / "ids"
        with atomic_write(ready["ids"], "w") as file:
            file.writelines(json.dumps(id, ensure_ascii=False) + "\n" for id in ids)
    if whitening is not None:
        content, ready["whitening"] = io.BytesIO(), part.folder / "published.npz"
        np.savez(content, mean=whitening.mean, matrix=whitening.matrix)
        with atomic_write(ready["whitening"]) as file:
            file.write(content.getvalue())
    about = {**about, "sha256": {name: sha256(path) for name, path in ready.items()}}
    with atomic_write(beside(output, ".json"), "w") as file:
        file.write(json.dumps(about, ensure_ascii=False, indent=1) + "\n")
    for name in reversed(SUFFIXES):                                     # the vectors last: until then the work is not lost
        if name in ready:
            move(ready[name], paths[name])
        else:
            paths[name].unlink(missing_ok=True)
    part.remove()


def read_vectors(path: str | os.PathLike) -> tuple[np.ndarray, dict, Whitening | None]:
    """Opens a file of vectors.

    Args:
        path: The .npy that `encode` wrote.

    Returns:
        float32 or float16 (N, D) in the memory of the file; what OUTPUT.json says; the Whitening that was applied, or None.

    Raises:
        InputError: The file is no vectors, or what lies beside it belongs to others.
    """
    path = destination(path)
    about = read_about(path)
    whitening = None
    if about["whitening"]:
        with _load(beside(path, SUFFIXES["whitening"])) as arrays:
            whitening = _whitening(path, arrays)
    vectors = _load(path)
    if not isinstance(vectors, np.ndarray) or vectors.ndim != 2 or len(vectors) != about["texts"] or vectors.dtype.kind != "f":
        shape = f"{vectors.dtype} {vectors.shape}" if isinstance(vectors, np.ndarray) else "several arrays"
        raise InputError(f"{path} holds {shape}, not {about['texts']:,} rows of numbers. {AGAIN}")
    return vectors, about, whitening


def read_about(path: Path) -> dict:
    """What OUTPUT.json says, compared with the files that it names. Raises InputError, see `read_vectors`."""
    json_path = beside(path, ".json")
    try:
        about = json.loads(json_path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {json_path.name}, which `encode` writes beside it: {error.strerror}. {AGAIN}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{json_path} is not JSON: {excerpt(error)}. {AGAIN}") from None
    if not _is_about(about):
        raise InputError(f"{json_path} does not describe vectors by `encode`. {AGAIN}")
    for name, digest in about.get("sha256", {}).items():                # sets of earlier versions name none
        part = beside(path, SUFFIXES[name])
        if not part.is_file() or sha256(part) != digest:
            raise InputError(f"{part} is not the file that {json_path.name} was written for: encoding was interrupted, or one of "
                             f"them was replaced. {AGAIN}")  # fmt: skip
    return about


def beside(path: Path, suffix: str) -> Path:
    """The file of a set with this suffix."""
    return path.with_name(path.name + suffix)


def _is_about(about):
    if not isinstance(about, dict) or not isinstance(about.get("model"), dict):
        return False
    names = about.get("sha256", {})
    return (
        {"fingerprint", "source", "pooling", "max_length"} <= about["model"].keys()
        and isinstance(about.get("texts"), int) and isinstance(about.get("digest"), str)
        and {"normalize", "whitening"} <= about.keys() and isinstance(names, dict) and names.keys() <= SUFFIXES.keys()
    )  # fmt: skip


def _whitening(path, arrays):
    try:
        return Whitening(arrays["mean"], arrays["matrix"])
    except Exception as error:                                          # a damaged archive: zipfile's, zlib's and NumPy's errors
        raise InputError(f"{beside(path, SUFFIXES['whitening'])} is corrupted: {excerpt(error)}. {AGAIN}") from None


def _load(path):
    """A file of NumPy's, in its memory where it is one array. Raises InputError for any other."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:                                          # NumPy parses a header as Python: SyntaxError, …
        raise InputError(f"{path} is not a file of `encode`: {excerpt(error)}. {AGAIN}") from None
