"""Creates an index, adds texts and deletes texts. Each change writes a new folder, which then replaces the old one.

The caller holds the folder's lock (folder_lock.py). Unchanged files are linked, not copied. Deleted texts are only marked until
they are a quarter of all; then the positions are renumbered. Ids never change.
"""

import collections
import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from baselines.errors import InputError, nearest
from baselines.retrieval.lexical_index.counting import lexical_arrays
from baselines.retrieval.vector_index import structure
from baselines.retrieval.vector_index.checking import check_metric, prepared
from baselines.retrieval.vector_index.format import CHUNK_SIZE, STRUCTURE, VECTORS
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.retrieval.vector_index.items import ItemWriter
from baselines.retrieval.vector_index.relinking import about, changed, counting, counts
from baselines.retrieval.vector_index.whitening import Whitening
from baselines.storage import array_folder as files
from baselines.storage.atomic_files import atomic_folder

MAX_DELETED = 0.25
RECALL = 0.95
"""Default share of the true neighbors that a search must find."""


def create(
    folder: str | Path, vectors: np.ndarray, rows: Iterable[tuple], model: dict, text: str = "text", metric: str = "cosine",
    kind: str = "auto", half: bool = False, recall: float = RECALL, whitening: Whitening | None = None, lexical: bool = False,
    report: Callable | None = None,
) -> VectorIndex:  # fmt: skip
    """Builds the index `folder`. One that is there is replaced when the new one is complete.

    Args:
        folder: Folder of the index.
        vectors: float (N, D), may be memory-mapped; whitened if there is a Whitening.
        rows: Yields N pairs (id or None, row); without an id the text gets the next number.
        model: {"fingerprint", "source", "pooling", …} of the model that made the vectors.
        text: The field of a row that holds the text.
        metric: "cosine" or "ip".
        kind: "auto", "flat", "hnsw" or "ivf", see structure.py.
        half: Keep vectors as float16.
        recall: Share of the true neighbors that a search must find.
        whitening: The Whitening that was applied, or None.
        lexical: Also count the terms of the texts, for BM25.
        report: Called with (stage, done, total), or None.

    Returns:
        The index, opened.

    Raises:
        InputError: Vectors or ids are unfit, or something else is at `folder`.
    """
    files.require_replaceable(folder, VECTORS)
    header = {"model": model, "metric": check_metric(metric), "text": text, "asked": {"kind": kind, "recall": recall, "half": half}}
    structure.choose(kind, 0)
    return _write(folder, header, None, np.zeros(0, np.int64), vectors, rows, whitening, lexical, report or _silent)


def add(folder: str | Path, vectors: np.ndarray, rows: Iterable[tuple], report: Callable | None = None) -> VectorIndex:
    """Adds texts to an index; see `create`. Raises InputError also for an id that is in it, and other vectors than it has."""
    old = VectorIndex.open(folder)
    everything = np.arange(len(old.vectors))
    return _write(folder, about(old), old, everything, vectors, rows, old.whitening, old.lexical is not None, report or _silent)


def delete(folder: str | Path, ids: Iterable, report: Callable | None = None) -> VectorIndex:
    """Takes the texts with these ids out of an index. Returns it, opened. Raises InputError for ids that are not in it."""
    old, ids = VectorIndex.open(folder), list(dict.fromkeys(ids))
    positions = old.positions(ids)
    unknown = [id for id in ids if id not in positions]
    if unknown:
        raise InputError(f"{folder} has no text with the id {_unknown_ids(unknown, old)}")
    deleted = old.deleted.copy()
    deleted[list(positions.values())] = True
    if deleted.all():
        raise InputError(f"{folder}: these are the ids of all texts, and an index needs at least one. Remove the folder instead.")
    if deleted.mean() > MAX_DELETED:
        nothing = np.zeros((0, old.size), np.float32)
        retained, lexical = np.flatnonzero(~deleted), old.lexical is not None
        return _write(folder, about(old), old, retained, nothing, (), old.whitening, lexical, report or _silent)
    with changed(old, deleted) as writer:
        writer.array("deleted", deleted.view(np.uint8))
    return VectorIndex.open(folder)


def _unknown_ids(unknown, index):
    """The ids, with an id of the index that one may be meant for."""
    listed = ", ".join(map(repr, unknown[:5])) + (f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else "")
    ids = index.ids(1000)
    if str(unknown[0]) in map(str, ids):
        return f"{listed}. It has {unknown[0]!r} as {'text' if isinstance(unknown[0], int) else 'a number'}."
    close = nearest(str(unknown[0]), map(str, ids))
    return f"{listed}. {close}" if close.startswith("Did") else f"{listed}. Check the ids."


def _write(folder, header, old, retained, vectors, rows, whitening, lexical, report):
    """Writes the positions `retained` of the index `old`, or of None, and new vectors with their rows."""
    options, size = header["asked"], vectors.shape[1] if old is None else old.size
    count = len(retained) + len(vectors)
    if not count:
        raise InputError(f"{folder}: the input has no texts. Check it.")
    with atomic_folder(folder) as new:
        writer = files.ArrayFolderWriter(new, VECTORS)
        blocks = itertools.chain(_old_vectors(old, retained), _new_vectors(vectors, header["metric"], size, report))
        writer.blocks("vectors", np.float16 if options["half"] else np.float32, (count, size), blocks)
        deleted = np.zeros(count, bool)
        items, next_id = ItemWriter(writer), 1
        if old is not None:
            deleted[: len(retained)], next_id = old.deleted[retained], old.header["next_id"]
            items.add_from(old.items, retained.tolist())

        def texts():
            nonlocal next_id
            for id, row in rows:
                id = next_id if id is None else id
                next_id = max(next_id, id + 1) if isinstance(id, int) else next_id
                items.add(id, row)
                yield row[header["text"]]

        if lexical:
            writer.arrays(lexical_arrays(texts(), old and old.lexical, retained, counting(report, len(vectors))))
        else:
            collections.deque(texts(), maxlen=0)
        if len(items) != count:
            raise ValueError(f"create: expected as many rows as vectors. Received: {len(items) - len(retained)} and {len(vectors)}")
        items.close(deleted)
        writer.array("deleted", deleted.view(np.uint8))
        if whitening is not None:
            writer.array("mean", whitening.mean)
            writer.array("matrix", whitening.matrix)
        chosen = _structure(writer, old, len(retained), options, deleted, report)
        writer.header(**header, structure=chosen, counts=counts(deleted), next_id=next_id)
    return VectorIndex.open(folder)


def _old_vectors(old, retained):
    for start in range(0, len(retained), CHUNK_SIZE):
        yield old.vectors[retained[start : start + CHUNK_SIZE]]


def _new_vectors(vectors, metric, size, report):
    for start in range(0, len(vectors), CHUNK_SIZE):
        yield prepared(vectors[start : start + CHUNK_SIZE], metric, size, first=start)
        report("vectors", min(start + CHUNK_SIZE, len(vectors)), len(vectors))


def _structure(writer, old, num_kept, options, deleted, report):
    """Writes the structure, if there is to be one; what the header says of it."""
    vectors = np.load(writer.folder / "vectors.npy", mmap_mode="r").view(np.ndarray)
    choice = structure.choose(options["kind"], len(vectors))
    if choice.kind == "flat":
        return {"kind": "flat", "reason": choice.reason, "width": None, "recall": 1.0}
    progress = lambda done, total: report(f"{choice.kind} structure", done, total)  # noqa: E731
    if old is not None and old.kind == choice.kind and num_kept == len(old.vectors):
        index_structure = structure.read(old.folder / STRUCTURE, writable=True)
        structure.extend(index_structure, vectors, CHUNK_SIZE, progress)
    else:
        index_structure = structure.build(choice.kind, vectors, CHUNK_SIZE, progress)
    structure.write(index_structure, writer.folder / STRUCTURE)
    writer.file(STRUCTURE)
    width, recall = structure.tune(index_structure, choice.kind, vectors, options["recall"], deleted if deleted.any() else None)
    return {"kind": choice.kind, "reason": choice.reason, "width": width, "recall": round(recall, 4)}


def _silent(stage, done, total):
    pass
