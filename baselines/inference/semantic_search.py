"""An index and the model that made its vectors: a text in, the most similar ones out. search and serve stand on it.

    searcher = Searcher.open("questions.index")
    searcher.search("怎么开未婚证明", k=3)      # [{"id": 17, "text": "…", "score": 0.93, "metadata": {"text": "…", …}}, …]
"""

from pathlib import Path

from baselines.errors import InputError
from baselines.errors import nearest as near
from baselines.inference.text_embedder import TextEmbedder
from baselines.retrieval.distances.nearest import DISTANCES, nearest
from baselines.retrieval.vector_index.index import VectorIndex

RERANKED = 100
"""Texts that an exact comparison puts in order, at least."""


def open_embedder(path, pooling=None, precision=None, max_length=None, quiet=True):
    """The Embedder of a run folder or of a checkpoint folder. Raises InputError for neither."""
    path = Path(path)
    if (path / "recipe.yaml").is_file():
        return TextEmbedder.from_run(path, pooling, precision, quiet=quiet)
    return TextEmbedder.from_checkpoint(path, pooling, precision or "float32", max_length)


class SemanticSearch:
    """A serving.hosted.Index: finds texts of an index by their vectors, and puts them in order by an exact comparison.

    index, embedder      Raises InputError where the embedder's vectors are not those of the index.
    """

    rerankers = tuple(DISTANCES)

    def __init__(self, index, embedder):
        index.require_model(embedder.fingerprint(), embedder.name)
        self.index, self.embedder, self.folder = index, embedder, index.folder
        self.task_name, self.model, self.size = embedder.task_name, embedder.name, len(index)

    @classmethod
    def open(cls, folder, embedder=None, run=None, quiet=True):
        """Opens an index with the model that it names, or with another copy of it. Raises InputError where there is none."""
        index = VectorIndex.open(folder)
        if embedder is None:
            made = index.header["model"]
            path = Path(run or made["source"])
            if not path.is_dir():
                raise InputError(f"{folder}: expected its model at {path}. There is no such folder. Say where it is: --run DIR.")
            embedder = open_embedder(path, made["pooling"], max_length=made["max_length"], quiet=quiet)
        return cls(index, embedder)

    @staticmethod
    def model_of(folder):
        """The path of the run or checkpoint that an index names."""
        return VectorIndex.open(folder).header["model"]["source"]

    def search(self, query, vector=None, k=10, rerank=None):
        """At most k dicts of id, text, score and metadata (the whole row), best first; with `rerank` also of distance.

        vector   float (D,) of length 1 that the embedder made of the query; None: it is made
        rerank   None, wmd or wrd: of the 100 nearest, or 4 k, those with the least distance of token vectors
        Raises InputError for a query without tokens, k below 1 and an unknown `rerank`.
        """
        given = vector is not None and self.index.metric == "cosine" and self.index.whitening is None
        return self._found([query], vector[None] if given else self._vectors([query]), k, rerank)[0]

    def search_many(self, queries, k=10, rerank=None):
        """As `search`, for many queries at once."""
        return self._found(queries, self._vectors(queries), k, rerank) if queries else []

    def _vectors(self, queries):
        vectors = self.embedder.encode(queries, normalize=False)
        return self.index.whitening(vectors) if self.index.whitening else vectors

    def _found(self, queries, vectors, k, rerank):
        if rerank is not None and rerank not in DISTANCES:
            known = ", ".join(DISTANCES)
            raise InputError(f"--rerank: expected one of {known}. Received: {rerank!r}. {near(str(rerank), DISTANCES)}")
        scores, places = self.index.search(vectors, k if rerank is None or k < 1 else max(RERANKED, 4 * k))
        found = [
            [self._item(place, score) for place, score in zip(*row, strict=True) if place >= 0]
            for row in zip(places.tolist(), scores.tolist(), strict=True)
        ]
        return found if rerank is None else [self._reranked(*pair, k, rerank) for pair in zip(queries, found, strict=True)]

    def _item(self, place, score):
        item = self.index.item(place)
        return {"id": item.id, "text": item.text, "score": round(score, 6), "metadata": item.row}

    def _reranked(self, query, items, k, rerank):
        vectors = self.embedder.token_vectors([query, *(item["text"] for item in items)])
        best = nearest(vectors[0], vectors[1:], k, rerank)
        return [
            items[number] | {"distance": round(distance, 6)}
            for number, distance in zip(best.numbers, best.distances, strict=True)
        ]
