"""An index as it is searched: everything stays in the memory of its files, which all processes share.

    index = VectorIndex.open("questions.index")
    scores, places = index.search(vectors, k=10)          # float32 (Q, 10), int64 (Q, 10)
    index.item(places[0, 0])                              # Item(id=17, text="…", row={"text": "…", …})
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from baselines.errors import InputError
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
    """An opened folder.

    header    as vectors.json tells it: "metric", "model" (what made the vectors), "structure", "counts", …
    vectors   float32 or float16 (N, D), as they are compared; deleted bool (N,): of those, the ones that are gone
    """

    def __init__(self, folder, header, arrays):
        self.folder, self.header = Path(folder), header
        self.vectors, self.deleted = arrays["vectors"], arrays["deleted"].view(bool)
        self.items = Items(arrays)
        self.whitening = Whitening(arrays["mean"], arrays["matrix"]) if "matrix" in arrays else None
        self._gone = self.deleted if self.deleted.any() else None
        self._structure = None if self.kind == "flat" else structure.read(self.folder / STRUCTURE)

    @classmethod
    def open(cls, folder, verify=False):
        """Raises InputError for what is no index, another version, and damage: cut files at once, flipped bits with `verify`."""
        recover(folder)
        header = files.read_header(folder, VECTORS)
        if verify:
            files.verify(folder, header)
        return cls(folder, header, files.open_arrays(folder, header))

    def __len__(self):
        """Texts that can be found."""
        return int(len(self.vectors) - self.deleted.sum())

    @property
    def size(self):
        """D, the numbers of a vector."""
        return self.vectors.shape[1]

    @property
    def kind(self):
        return self.header["structure"]["kind"]

    @property
    def metric(self):
        return self.header["metric"]

    def search(self, vectors, k=10, exactly=False):
        """(scores float32 (Q, k), places int64 (Q, k)) of the nearest texts, best first; k is at most `len(index)`.

        vectors   float (Q, D), whitened if the index is; for cosine of any length but 0
        exactly   compare all vectors, whatever the structure
        Places are -1, with scores of -inf, where the structure found fewer than k. Raises InputError for k below 1, and for
        vectors of another size or with NaN.
        """
        if k < 1:
            raise InputError(f"k: expected a number, at least 1. Received: {k}.")
        queries = prepared(vectors, self.metric, self.size, "queries")
        k = min(k, len(self))
        if not k or not len(queries):
            return np.zeros((len(queries), k), np.float32), np.zeros((len(queries), k), np.int64)
        if exactly or self._structure is None:
            return exact.search(queries, self.vectors, k, self._gone)
        count, width = min(structure.MORE * k, len(self.vectors)), self.header["structure"]["width"]
        places = structure.candidates(self._structure, self.kind, queries, count, width, self._gone)
        return exact.rescored(queries, self.vectors, places, k)

    def item(self, place):
        """The Item at a place."""
        row = self.items.row(place)
        return Item(self.items.id(place), row[self.header["text"]], row)

    def require_model(self, fingerprint, name):
        """Raises InputError unless the vectors were made by the model of that fingerprint."""
        made = self.header["model"]
        if made["fingerprint"] != fingerprint:
            raise InputError(
                f"{self.folder}: expected the model that made its vectors, {made['source']} (pooling {made['pooling']}). Received: "
                f"{name}, whose weights, vocabulary or pooling differ. Index anew, or search with that one."
            )
