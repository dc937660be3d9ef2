"""Changes that leave most files of an index as they are: these are linked into the new folder, not copied."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from baselines.retrieval.lexical_index.counting import lexical_arrays
from baselines.retrieval.vector_index.format import VECTORS
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.storage import array_folder as files
from baselines.storage.atomic_files import atomic_folder

KEPT = ("model", "metric", "text", "asked", "fusion")
"""Fields of the header that no change of the texts touches."""


def add_lexical(folder: str | Path, report: Callable) -> VectorIndex:
    """Counts the terms of the texts of an index that was built without them, for BM25. Returns it, opened."""
    old = VectorIndex.open(folder)
    texts = (old.item(position).text for position in range(len(old.vectors)))
    with changed(old, old.deleted) as writer:
        writer.arrays(lexical_arrays(texts, report=counting(report, len(old.vectors))))
    return VectorIndex.open(folder)


def set_fusion(folder: str | Path, weights: dict[str, float]) -> VectorIndex:
    """Stores the weights of the rankings that a hybrid search fuses: {"vectors": …, "lexical": …}. Returns the index, opened."""
    old = VectorIndex.open(folder)
    old.header["fusion"] = weights
    with changed(old, old.deleted):
        pass
    return VectorIndex.open(folder)


@contextlib.contextmanager
def changed(old: VectorIndex, deleted: np.ndarray) -> Iterator[files.ArrayFolderWriter]:
    """Yields the writer of the folder that replaces an index. Files that the caller does not write stay as they were.

    Args:
        old: The index.
        deleted: bool (N,), what is deleted of it from now on.
    """
    with atomic_folder(old.folder) as new:
        writer = files.ArrayFolderWriter(new, VECTORS)
        yield writer
        for name in old.header["files"]:
            if not files.path_of(new, name).exists():
                writer.link(name, old.folder, old.header)
        writer.header(**about(old), structure=old.header["structure"], counts=counts(deleted), next_id=old.header["next_id"])


def about(index: VectorIndex) -> dict:
    """The fields of the header that a changed index keeps."""
    return {name: index.header[name] for name in KEPT if name in index.header}


def counts(deleted: np.ndarray) -> dict:
    return {"texts": int((~deleted).sum()), "deleted": int(deleted.sum())}


def counting(report: Callable, total: int) -> Callable[[int], None]:
    """Reports the number of texts whose terms are counted."""
    return lambda done: report("terms", done, total)
