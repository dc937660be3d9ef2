"""An index and the model that made its vectors: a text in, the most similar ones out. search and serve stand on it.

    search = SemanticSearch.open("questions.index")
    search.search("怎么开未婚证明", k=3)        # [{"id": 17, "text": "…", "score": 0.93, "metadata": {"text": "…", …}}, …]
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError, excerpt
from baselines.errors import nearest as nearest_name
from baselines.inference.text_embedder import TextEmbedder
from baselines.retrieval.distances.nearest import DISTANCES, nearest
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.storage.hubs.names import is_hub_name

MIN_RERANKED = 100
"""Texts that an exact comparison puts in order, at least."""


def open_embedder(
    path: str | Path, pooling: str | None = None, precision: str | None = None, max_length: int | None = None, quiet: bool = True
) -> TextEmbedder:
    """The TextEmbedder of a run folder or of a checkpoint folder. Raises InputError for neither."""
    if (Path(path) / "recipe.yaml").is_file():
        return TextEmbedder.from_run(path, pooling, precision, quiet=quiet)
    return TextEmbedder.from_checkpoint(path, pooling, precision or "float32", max_length)


class SemanticSearch:
    """Finds texts of an index by their vectors, and reranks them by an exact comparison. A ServedIndex (serving/model_registry.py).

    Args:
        index: The index.
        embedder: The model that made its vectors.

    Raises:
        InputError: The embedder is another model.
    """

    rerankers = tuple(DISTANCES)

    def __init__(self, index: VectorIndex, embedder: TextEmbedder):
        index.require_model(embedder.fingerprint(), embedder.name)
        self.index, self.embedder, self.folder = index, embedder, index.folder
        self.task_name, self.model, self.size = embedder.task_name, embedder.name, len(index)

    @classmethod
    def open(
        cls, folder: str | Path, embedder: TextEmbedder | None = None, run: str | Path | None = None, quiet: bool = True
    ) -> "SemanticSearch":
        """Opens an index with its model.

        Args:
            folder: Folder of the index.
            embedder: The model; None: it is opened too.
            run: Where the model is now; None: where the index was built.
            quiet: Show no progress.

        Raises:
            InputError: There is no such index or model.
        """
        index = VectorIndex.open(folder)
        if embedder is None:
            model = index.header["model"]
            path = run or model["source"]
            if not is_hub_name(path) and not Path(path).is_dir():
                raise InputError(f"{folder}: its model is not at {path}. Give its folder with --run DIR.")
            embedder = open_embedder(path, model["pooling"], max_length=model["max_length"], quiet=quiet)
        return cls(index, embedder)

    @staticmethod
    def model_of(folder: str | Path) -> str:
        """The path of the run or checkpoint that an index names."""
        return VectorIndex.open(folder).header["model"]["source"]

    def search(self, query: str, vector: np.ndarray | None = None, k: int = 10, rerank: str | None = None) -> list[dict]:
        """Finds the texts that are most similar to a query.

        Args:
            query: The text.
            vector: float (D,) of length 1 that the embedder made of the query; None: it is computed.
            k: Texts to find.
            rerank: "wmd" or "wrd": of the 100 nearest, or 4 k, those with the least distance of token vectors. None: no reranking.

        Returns:
            At most k dicts of id, text, score and metadata (the whole row), best first; with `rerank` also of distance.

        Raises:
            InputError: The query has no tokens, k is below 1, or `rerank` is unknown.
        """
        given = vector is not None and self.index.metric == "cosine" and self.index.whitening is None
        return self._search([query], vector[None] if given else self._vectors([query]), k, rerank)[0]

    def search_many(self, queries: Sequence[str], k: int = 10, rerank: str | None = None) -> list[list[dict]]:
        """As `search`, for many queries at once."""
        return self._search(queries, self._vectors(queries), k, rerank) if queries else []

    def _vectors(self, queries):
        vectors = self.embedder.encode(queries, normalize=False)
        return self.index.whitening(vectors) if self.index.whitening else vectors

    def _search(self, queries, vectors, k, rerank):
        if rerank is not None and rerank not in DISTANCES:
            raise InputError(f"--rerank: there is no {excerpt(rerank)!r}. {nearest_name(str(rerank), DISTANCES)}")
        scores, positions = self.index.search(vectors, k if rerank is None or k < 1 else max(MIN_RERANKED, 4 * k))
        results = [
            [self._item(position, score) for position, score in zip(*row, strict=True) if position >= 0]
            for row in zip(positions.tolist(), scores.tolist(), strict=True)
        ]
        return results if rerank is None else [self._rerank(*pair, k, rerank) for pair in zip(queries, results, strict=True)]

    def _item(self, position, score):
        item = self.index.item(position)
        return {"id": item.id, "text": item.text, "score": round(score, 6), "metadata": item.row}

    def _rerank(self, query, items, k, rerank):
        vectors = self.embedder.token_vectors([query, *(item["text"] for item in items)])
        best = nearest(vectors[0], vectors[1:], k, rerank)
        return [
            items[number] | {"distance": round(distance, 6)}
            for number, distance in zip(best.numbers, best.distances, strict=True)
        ]
