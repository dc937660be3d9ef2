"""An opened index. Its arrays are memory-mapped and shared by all processes.

    index = VectorIndex.open("questions.index")
    scores, places = index.search(vectors, k=10)          # float32 (Q, 10), int64 (Q, 10)
    index.item(places[0, 0])                              # Item(id=17, text="…", row={"text": "…", …})
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError
from baselines.retrieval.lexical_index.bm25 import LexicalIndex
from baselines.retrieval.vector_index import exact, structure
from baselines.retrieval.vector_index.checking import prepared
from baselines.retrieval.vector_index.format import STRUCTURE, VECTORS
from baselines.retrieval.vector_index.items import Items
from baselines.retrieval.vector_index.whitening import Whitening
from baselines.storage import array_folder as files
from baselines.storage.atomic_files import recover


@dataclasses.dataclass(frozen=True)
class Item:
    """A text of an index: its id, and the row that it came from."""

    id: Any
    text: str
    row: dict


class VectorIndex:
    """An opened index.

    Attributes:
        header: Content of vectors.json: "metric", "model" (that embedded the texts), "structure", "counts", …
        vectors: float32 or float16 (N, D), as they are compared.
        deleted: bool (N,), the deleted texts among them.
        lexical: The counts of terms for BM25, or None if the index has none.
    """

    def __init__(self, folder: str | Path, header: dict, arrays: dict[str, np.ndarray]):
        self.folder, self.header = Path(folder), header
        self._read(arrays)

    @files.guarded
    def _read(self, arrays):
        self.vectors, self.deleted = arrays["vectors"], arrays["deleted"] != 0
        self.items = Items(arrays)
        self.header["model"]["fingerprint"], self.header["text"], self.header["asked"]["half"], self.metric
        if self.vectors.ndim != 2 or not len(self.vectors) == len(self.deleted) == len(self.items):
            raise ValueError("arrays of different lengths")
        self.whitening = Whitening(arrays["mean"], arrays["matrix"]) if "matrix" in arrays else None
        self.lexical = LexicalIndex(arrays, self.deleted) if "postings_counts" in arrays else None
        self._gone = self.deleted if self.deleted.any() else None
        self._structure = None if self.kind == "flat" else structure.read(self.folder / STRUCTURE)

    @classmethod
    def open(cls, folder: str | Path, verify: bool = False) -> "VectorIndex":
        """Opens a folder.

        Args:
            folder: Folder of the index.
            verify: Compare all checksums, even of a large index. Otherwise a large index opens in milliseconds.

        Raises:
            InputError: The folder is not an index, of another version, or corrupted.
        """
        recover(folder)
        return cls(folder, *files.open_folder(folder, VECTORS, verify))

    def __len__(self):
        """The number of texts that are not deleted."""
        return int(len(self.vectors) - self.deleted.sum())

    @property
    def size(self) -> int:
        """D, the numbers of a vector."""
        return self.vectors.shape[1]

    @property
    def kind(self) -> str:
        return self.header["structure"]["kind"]

    @property
    def metric(self) -> str:
        return self.header["metric"]

    @files.guarded
    def search(self, vectors: np.ndarray, k: int = 10, exactly: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Finds the nearest texts.

        Args:
            vectors: float (Q, D), whitened if the index is; for cosine of any length but 0.
            k: Number of texts to find; at most `len(index)` are returned.
            exactly: Compare all vectors, whatever the structure.

        Returns:
            (scores float32 (Q, k), positions int64 (Q, k)), best first. If the structure finds fewer than k texts, the rest are
            -inf and -1.

        Raises:
            InputError: `k` is below 1, or a vector has another size or NaN.
        """
        if k < 1:
            raise InputError(f"k: {k} is out of range. Give at least 1.")
        queries = prepared(vectors, self.metric, self.size, "queries")
        k = min(k, len(self))
        if not k or not len(queries):
            return np.zeros((len(queries), k), np.float32), np.zeros((len(queries), k), np.int64)
        if exactly or self._structure is None:
            return exact.search(queries, self.vectors, k, self._gone)
        count, width = min(structure.CANDIDATES_PER_NEIGHBOR * k, len(self.vectors)), self.header["structure"]["width"]
        positions = structure.candidates(self._structure, self.kind, queries, count, width, self._gone)
        return exact.rescore(queries, self.vectors, positions, k)

    @files.guarded
    def item(self, position: int) -> Item:
        """The Item at a position."""
        row = self.items.row(position)
        return Item(self.items.id(position), row[self.header["text"]], row)

    @files.guarded
    def positions(self, ids: Sequence) -> dict:
        """{id: position} of those of `ids` that are in the index and not deleted."""
        return self.items.places(ids, ~self.deleted)

    @files.guarded
    def ids(self, limit: int) -> list:
        """The ids of the first `limit` texts."""
        return [self.items.id(position) for position in np.flatnonzero(~self.deleted)[:limit].tolist()]

    def require_model(self, fingerprint: str, name: str) -> None:
        """Raises InputError unless the vectors were made by the model of that fingerprint."""
        model = self.header["model"]
        if model["fingerprint"] != fingerprint:
            raise InputError(
                f"{self.folder} was made by {model['source']} (pooling {model['pooling']}); {name} has other weights, or another "
                "vocabulary or pooling. Use that model, or index the texts again."
            )
