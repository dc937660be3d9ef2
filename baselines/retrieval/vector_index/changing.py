"""An index is made, gets texts, loses texts. Each time a new folder is written beside the old one, then they change places.

Whoever calls these holds the folder's lock (folder_lock.py). What does not change is linked, not copied. Deleted texts stay in
their places, marked, until they are a quarter of all; then the places are given anew. Ids never change.
"""

import itertools

import numpy as np

from baselines.errors import InputError, nearest
from baselines.retrieval.vector_index import structure
from baselines.retrieval.vector_index.checking import check_metric, prepared
from baselines.retrieval.vector_index.format import EACH, STRUCTURE, VECTORS
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.retrieval.vector_index.items import ItemWriter
from baselines.storage import array_folder as files
from baselines.storage.atomic_files import atomic_folder

MOST_DELETED = 0.25
RECALL = 0.95
"""Share of the true neighbours that a structure must find where nobody says otherwise."""


def create(
    folder, vectors, rows, model, text="text", metric="cosine", kind="auto", half=False, recall=RECALL, whitening=None, report=None
):
    """Makes the index `folder`; one that is there is replaced when the new one is complete. Returns it, opened.

    vectors     float (N, D), may be memory-mapped: whitened if there is a Whitening
    rows        yields N pairs (id or None, row): without an id the text gets the next number
    model       {"fingerprint", "source", "pooling", …} of what makes the vectors of texts
    text        the field of a row that holds the text
    kind        auto | flat | hnsw | ivf, see structure.py        half: keep vectors as float16
    recall      share of the true neighbours to be found          report: None, or called with (what is done, how far, of how much)
    Raises InputError for vectors and ids that are unfit, and for a folder that is something else.
    """
    files.require_replaceable(folder, VECTORS)
    about = {"model": model, "metric": check_metric(metric), "text": text, "asked": {"kind": kind, "recall": recall, "half": half}}
    structure.choose(kind, 0)
    return _write(folder, about, None, np.zeros(0, np.int64), vectors, rows, whitening, report or _silent)


def add(folder, vectors, rows, report=None):
    """Adds texts to an index; see `create`. Raises InputError also for an id that is in it, and other vectors than it has."""
    old = VectorIndex.open(folder)
    return _write(folder, _about(old), old, np.arange(len(old.vectors)), vectors, rows, old.whitening, report or _silent)


def delete(folder, ids, report=None):
    """Takes the texts with these ids out of an index. Returns it, opened. Raises InputError for ids that are not in it."""
    old, ids = VectorIndex.open(folder), list(dict.fromkeys(ids))
    places = old.positions(ids)
    unknown = [id for id in ids if id not in places]
    if unknown:
        raise InputError(f"{folder}: expected ids of its {len(old):,} texts. Received: {unknown_ids(unknown, old)}")
    deleted = old.deleted.copy()
    deleted[list(places.values())] = True
    if deleted.all():
        raise InputError(f"{folder}: expected to keep at least one text. Received: the ids of all. Remove the folder instead.")
    if deleted.mean() > MOST_DELETED:
        nothing = np.zeros((0, old.size), np.float32)
        return _write(folder, _about(old), old, np.flatnonzero(~deleted), nothing, (), old.whitening, report or _silent)
    with atomic_folder(folder) as new:
        writer = files.ArrayFolderWriter(new, VECTORS)
        for name in old.header["files"]:
            if name != "deleted":
                writer.link(name, folder, old.header)
        writer.array("deleted", deleted.view(np.uint8))
        writer.header(**_about(old), structure=old.header["structure"], counts=counts(deleted), next_id=old.header["next_id"])
    return VectorIndex.open(folder)


def unknown_ids(unknown, index):
    """What is said of them, with an id of the index that one may be meant for."""
    shown = ", ".join(map(repr, unknown[:5])) + (f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else "")
    ids = index.ids(1000)
    if str(unknown[0]) in map(str, ids):
        return f"{shown}. {unknown[0]!r} is there as the other of text and number."
    close = nearest(str(unknown[0]), map(str, ids))
    return f"{shown}, which it does not have." + (f" {close}" if close.startswith("Did") else "")


def counts(deleted):
    return {"texts": int((~deleted).sum()), "deleted": int(deleted.sum())}


def _about(index):
    return {name: index.header[name] for name in ("model", "metric", "text", "asked")}


def _write(folder, about, old, kept, vectors, rows, whitening, report):
    """Writes the places `kept` of the index `old`, or of None, and new vectors with their rows."""
    asked, size = about["asked"], vectors.shape[1] if old is None else old.size
    count = len(kept) + len(vectors)
    if not count:
        raise InputError(f"{folder}: expected at least one text. Received: none.")
    with atomic_folder(folder) as new:
        writer = files.ArrayFolderWriter(new, VECTORS)
        blocks = itertools.chain(_old_vectors(old, kept), _new_vectors(vectors, about["metric"], size, report))
        writer.blocks("vectors", np.float16 if asked["half"] else np.float32, (count, size), blocks)
        deleted = np.zeros(count, bool)
        items, next_id = ItemWriter(writer), 1
        if old is not None:
            deleted[: len(kept)], next_id = old.deleted[kept], old.header["next_id"]
            items.add_from(old.items, kept.tolist())
        for id, row in rows:
            id, next_id = (next_id, next_id + 1) if id is None else (id, max(next_id, id + 1) if isinstance(id, int) else next_id)
            items.add(id, row)
        if len(items) != count:
            raise ValueError(f"create: expected as many rows as vectors. Received: {len(items) - len(kept)} and {len(vectors)}")
        items.close(deleted)
        writer.array("deleted", deleted.view(np.uint8))
        if whitening is not None:
            writer.array("mean", whitening.mean)
            writer.array("matrix", whitening.matrix)
        chosen = _structure(writer, old, len(kept), asked, deleted, report)
        writer.header(**about, structure=chosen, counts=counts(deleted), next_id=next_id)
    return VectorIndex.open(folder)


def _old_vectors(old, kept):
    for start in range(0, len(kept), EACH):
        yield old.vectors[kept[start : start + EACH]]


def _new_vectors(vectors, metric, size, report):
    for start in range(0, len(vectors), EACH):
        yield prepared(vectors[start : start + EACH], metric, size, first=start)
        report("vectors", min(start + EACH, len(vectors)), len(vectors))


def _structure(writer, old, num_kept, asked, deleted, report):
    """Writes the structure, if there is to be one; what the header says of it."""
    vectors = np.load(writer.folder / "vectors.npy", mmap_mode="r").view(np.ndarray)
    choice = structure.choose(asked["kind"], len(vectors))
    if choice.kind == "flat":
        return {"kind": "flat", "reason": choice.reason, "width": None, "recall": 1.0}
    progress = lambda done, total: report(f"{choice.kind} structure", done, total)  # noqa: E731
    if old is not None and old.kind == choice.kind and num_kept == len(old.vectors):
        made = structure.read(old.folder / STRUCTURE, writable=True)
        structure.extend(made, vectors, EACH, progress)
    else:
        made = structure.build(choice.kind, vectors, EACH, progress)
    structure.write(made, writer.folder / STRUCTURE)
    writer.file(STRUCTURE)
    width, recall = structure.tune(made, choice.kind, vectors, asked["recall"], deleted if deleted.any() else None)
    return {"kind": choice.kind, "reason": choice.reason, "width": width, "recall": round(recall, 4)}


def _silent(stage, done, total):
    pass
