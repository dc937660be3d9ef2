"""FAISS structures that spare most comparisons: inverted lists (IVF) and a graph (HNSW, Malkov and Yashunin, 2016), or none.

They keep vectors in half precision and only choose candidates, whose exact scores come from the index's own vectors.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.vector_index import exact

KINDS = ("auto", "flat", "hnsw", "ivf")
MAX_FLAT, MAX_GRAPH = 50_000, 500_000
"""Vectors up to which all are compared, and up to which a graph is built, whose time grows faster than the lists'."""
NEIGHBORS, BUILD_WIDTH = 32, 80
TRAINED = 64
"""Training vectors per list."""
QUERIES, K = 200, 10
"""Number of vectors on which recall is measured, and number of neighbors."""
CANDIDATES_PER_NEIGHBOR = 4
"""Candidates per requested neighbor."""
WIDTHS = {"hnsw": (32, 64, 128, 256, 512, 1024), "ivf": (1, 2, 4, 8, 16, 32, 64, 128, 256)}
"""Widths that are tried until recall is reached: candidates of the graph, or visited lists."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """kind: flat, hnsw or ivf; reason: why, in words."""

    kind: str
    reason: str


def choose(kind: str, count: int) -> Choice:
    """The Choice for this number of vectors. Raises InputError for an unknown kind."""
    if kind not in KINDS:
        raise InputError(f"--kind: there is no kind {excerpt(kind)!r}. {nearest(str(kind), KINDS)}")
    if kind != "auto":
        return Choice(kind, "as asked for")
    if count <= MAX_FLAT:
        return Choice("flat", f"{count:,} vectors, at most {MAX_FLAT:,}: comparing all of them takes milliseconds and misses none")
    if count <= MAX_GRAPH:
        return Choice("hnsw", f"{count:,} vectors, at most {MAX_GRAPH:,}: a graph answers quickest, and is built in minutes")
    return Choice("ivf", f"{count:,} vectors, more than {MAX_GRAPH:,}: lists are built in minutes, a graph would take far longer")


def build(kind: str, vectors: np.ndarray, each: int, report: Callable) -> Any:
    """A trained FAISS structure with all `vectors` (N, D), read `each` at once; report(done, total)."""
    import faiss

    count, size = vectors.shape
    inner = faiss.METRIC_INNER_PRODUCT
    if kind == "hnsw":
        structure = faiss.IndexHNSWSQ(size, faiss.ScalarQuantizer.QT_fp16, NEIGHBORS, inner)
        structure.hnsw.efConstruction = BUILD_WIDTH
    else:
        lists = max(1, min(1 << round(np.log2(2 * count**0.5)), count // 8))
        structure = faiss.index_factory(size, f"IVF{lists},SQfp16", inner)
        structure.cp.seed, structure.cp.min_points_per_centroid = 1, 1
    sample = np.linspace(0, count - 1, min(count, TRAINED * getattr(structure, "nlist", 16))).astype(np.int64)
    structure.train(np.ascontiguousarray(vectors[sample], np.float32))
    extend(structure, vectors, each, report)
    return structure


def extend(structure: Any, vectors: np.ndarray, each: int, report: Callable) -> None:
    """Adds those of `vectors` that follow the ones that the structure has."""
    for start in range(structure.ntotal, len(vectors), each):
        structure.add(np.ascontiguousarray(vectors[start : start + each], np.float32))
        report(structure.ntotal, len(vectors))


def candidates(
    structure: Any, kind: str, queries: np.ndarray, count: int, width: int, deleted: np.ndarray | None = None
) -> np.ndarray:
    """Places int64 (Q, count), -1 where there are fewer. deleted: bool (N,)."""
    import faiss

    selected = {}
    if deleted is not None:
        bits = np.packbits(~deleted, bitorder="little")
        selected["sel"] = faiss.IDSelectorBitmap(len(deleted), faiss.swig_ptr(bits))
    if kind == "hnsw":
        parameters = faiss.SearchParametersHNSW(efSearch=max(width, count), **selected)
    else:
        parameters = faiss.SearchParametersIVF(nprobe=min(width, structure.nlist), **selected)
    return structure.search(queries, count, params=parameters)[1]


def tune(structure: Any, kind: str, vectors: np.ndarray, min_recall: float, deleted: np.ndarray | None = None) -> tuple[int, float]:
    """(width, recall): the smallest width by which the share `min_recall` of the true neighbors is found, or the largest one tried.

    Asked for are the 10 nearest to 200 vectors of the index, themselves aside.
    """
    alive = np.arange(len(vectors)) if deleted is None else np.flatnonzero(~deleted)
    sample = alive[np.linspace(0, len(alive) - 1, min(QUERIES, len(alive))).astype(np.int64)]
    queries = np.ascontiguousarray(vectors[sample], np.float32)
    truth = neighbors(exact.search(queries, vectors, K + 1, deleted)[1], sample)
    for width in WIDTHS[kind]:
        positions = candidates(structure, kind, queries, CANDIDATES_PER_NEIGHBOR * (K + 1), width, deleted)
        neighbor_sets = neighbors(exact.rescore(queries, vectors, positions, K + 1)[1], sample)
        recall = float(np.mean([len(group & true) / max(len(true), 1) for group, true in zip(neighbor_sets, truth, strict=True)]))
        if recall >= min_recall:
            break
    return width, recall


def neighbors(positions: np.ndarray, queries: np.ndarray) -> list[set]:
    """The first 10 places of each row that are others than the query's own, as sets."""
    others = (row[(row >= 0) & (row != query)][:K] for row, query in zip(positions, queries, strict=True))
    return [set(row.tolist()) for row in others]


def write(structure: Any, path: str | Path) -> None:
    import faiss

    faiss.write_index(structure, str(path))


def read(path: str | Path, writable: bool = False) -> Any:
    """The structure of a file, in the file's memory unless it is to be extended. Raises InputError for another file."""
    import faiss

    try:
        return faiss.read_index(str(path), 0 if writable else faiss.IO_FLAG_MMAP_IFC)
    except Exception as error:                                          # whatever C++ throws at damaged numbers
        reason = (str(error).splitlines() or [type(error).__name__])[-1]
        raise InputError(f"{path} is corrupted: {excerpt(reason, 100)}. Copy or rebuild the folder.") from None
