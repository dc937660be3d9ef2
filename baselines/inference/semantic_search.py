"""An index and the model that made its vectors: a text in, the most similar ones out. search and serve stand on it.

Texts are found by their vectors, by BM25 over their words and characters, or by both.

    search = SemanticSearch.open("questions.index")
    search.search("怎么开未婚证明", k=3)        # [{"id": 17, "text": "…", "score": 0.93, "metadata": {"text": "…", …}}, …]
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from baselines.errors import InputError, excerpt
from baselines.errors import nearest as nearest_name
from baselines.inference.reranker import Reranker
from baselines.inference.text_embedder import TextEmbedder
from baselines.retrieval.distances.nearest import DISTANCES, nearest
from baselines.retrieval.fusion import fuse
from baselines.retrieval.lexical_index.terms import terms_of
from baselines.retrieval.vector_index.checking import prepared
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.storage.hubs.names import is_hub_name

MIN_CANDIDATES = 100
"""Texts that are reranked, or taken from each ranking that is fused, at least."""
BY_RUN = "run"
"""Value of `rerank` for a run of `train rerank`; others name a distance of tokens."""
WAYS = ("vectors", "lexical", "hybrid")
"""What a search compares: vectors, words and characters (BM25), or both (reciprocal rank fusion)."""
EVEN = {"vectors": 1.0, "lexical": 1.0}
"""Weights of the fused rankings in an index for which none were chosen."""


def open_embedder(
    path: str | Path, pooling: str | None = None, precision: str | None = None, max_length: int | None = None, quiet: bool = True
) -> TextEmbedder:
    """The TextEmbedder of a run folder or of a checkpoint folder. Raises InputError for neither."""
    if (Path(path) / "recipe.yaml").is_file():
        return TextEmbedder.from_run(path, pooling, precision, quiet=quiet)
    return TextEmbedder.from_checkpoint(path, pooling, precision or "float32", max_length)


class SemanticSearch:
    """Finds texts of an index, and reranks them. A ServedIndex (serving/model_registry.py).

    Args:
        index: The index.
        embedder: The model that made its vectors; None: only lexical searches are possible, without reranking by tokens.
        reranker: A run that reranks, or None.

    Raises:
        InputError: The embedder is another model.
    """

    def __init__(self, index: VectorIndex, embedder: TextEmbedder | None, reranker: Reranker | None = None):
        if embedder is not None:
            index.require_model(embedder.fingerprint(), embedder.name)
        self.index, self.embedder, self.folder, self.size = index, embedder, index.folder, len(index)
        self.reranker, self.rerankers = reranker, (*DISTANCES, BY_RUN) if reranker else tuple(DISTANCES)
        self.task_name = embedder and embedder.task_name
        self.model = embedder.name if embedder else index.header["model"]["source"]

    @classmethod
    def open(
        cls, folder: str | Path, embedder: TextEmbedder | None = None, run: str | Path | None = None, quiet: bool = True,
        lexical_only: bool = False, reranker: Reranker | None = None,
    ) -> "SemanticSearch":  # fmt: skip
        """Opens an index with its model.

        Args:
            folder: Folder of the index.
            embedder: The model; None: it is opened too.
            run: Where the model is now; None: where the index was built.
            quiet: Show no progress.
            lexical_only: Open no model: only lexical searches are possible, and Keras is not needed.
            reranker: A run that reranks, or None.

        Raises:
            InputError: There is no such index or model.
        """
        index = VectorIndex.open(folder)
        if embedder is None and not lexical_only:
            model = index.header["model"]
            path = run or model["source"]
            if not is_hub_name(path) and not Path(path).is_dir():
                raise InputError(f"{folder}: its model is not at {path}. Give its folder with --run DIR.")
            embedder = open_embedder(path, model["pooling"], max_length=model["max_length"], quiet=quiet)
        return cls(index, embedder, reranker)

    @staticmethod
    def model_of(folder: str | Path) -> str:
        """The path of the run or checkpoint that an index names."""
        return VectorIndex.open(folder).header["model"]["source"]

    @property
    def ways(self) -> tuple[str, ...]:
        """The values of `by` that this index can be searched by."""
        return WAYS if self.index.lexical else WAYS[:1]

    @property
    def weights(self) -> dict[str, float]:
        """The weights of the rankings that a hybrid search fuses."""
        return self.index.header.get("fusion", EVEN)

    def search(
        self, query: str, vector: np.ndarray | None = None, k: int = 10, rerank: str | None = None, by: str = "vectors"
    ) -> list[dict]:
        """Finds the texts that are most similar to a query.

        Args:
            query: The text.
            vector: float (D,) of length 1 that the embedder made of the query; None: it is computed.
            k: Texts to find.
            rerank: Of the first 100, or 4 k: "wmd" or "wrd": those with the least distance of token vectors; "run": those that the
                reranker scores highest. None: no reranking.
            by: "vectors"; "lexical": BM25 over words and characters; "hybrid": both rankings, fused (fusion.py).

        Returns:
            At most k dicts of id, text, score and metadata (the whole row), best first. With `rerank` also of distance or
            relevance, and by "hybrid" of ranks: {"vectors": its rank or None, "lexical": …}. The score is a cosine or inner
            product, of BM25, or of the fusion. A lexical search finds only texts that share a word or character with the query.

        Raises:
            InputError: The query has no tokens, k is below 1, `rerank` or `by` is unknown, or the index has no lexical part.
        """
        given = vector is not None and self.index.metric == "cosine" and self.index.whitening is None
        return self._search([query], vector[None] if given else None, k, rerank, by)[0]

    def search_many(
        self, queries: Sequence[str], k: int = 10, rerank: str | None = None, by: str = "vectors"
    ) -> list[list[dict]]:
        """As `search`, for many queries at once."""
        return self._search(queries, None, k, rerank, by) if queries else []

    def rankings(self, queries: Sequence[str], k: int, vectors: np.ndarray | None = None) -> dict[str, list[list[int]]]:
        """{"vectors": positions of the k first texts of each query, best first, "lexical": …}, which a hybrid search fuses."""
        _, near = self.index.search(self._vectors(queries) if vectors is None else vectors, k)
        return {
            "vectors": [[position for position in row if position >= 0] for row in near.tolist()],
            "lexical": [self.index.lexical.search(terms_of(query), k)[1].tolist() for query in queries],
        }

    def check_way(self, by: str) -> None:
        """Raises InputError if the index cannot be searched by "vectors", "lexical" or "hybrid", or `by` is another word."""
        if by not in WAYS:
            raise InputError(f"by: there is no {excerpt(by)!r}. {nearest_name(str(by), WAYS)}")
        if by not in self.ways:
            raise InputError(f"{self.folder} has no counts of words, which a {by} search needs. Run "
                             f"`run.py index --out {self.folder} --add_lexical`.")  # fmt: skip

    def vectors_of(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (N, D): the vectors of texts as the index has them, of length 1 for cosine."""
        return prepared(self._vectors(texts), self.index.metric)

    def _vectors(self, texts):
        vectors = self.embedder.encode(texts, normalize=False)
        return self.index.whitening(vectors) if self.index.whitening else vectors

    def _search(self, queries, vectors, k, rerank, by):
        self._check(k, rerank, by)
        find = {"vectors": self._by_vectors, "lexical": self._by_words, "hybrid": self._by_both}[by]
        results = find(queries, vectors, k if rerank is None else max(MIN_CANDIDATES, 4 * k))
        return results if rerank is None else [self._rerank(*pair, k, rerank) for pair in zip(queries, results, strict=True)]

    def _check(self, k, rerank, by):
        if rerank is not None and rerank not in self.rerankers:
            raise InputError(f"--rerank: there is no {excerpt(rerank)!r}. {nearest_name(str(rerank), self.rerankers)}")
        self.check_way(by)
        if k < 1:
            raise InputError(f"k: {k} is out of range. Give at least 1.")

    def _by_vectors(self, queries, vectors, k):
        scores, positions = self.index.search(self._vectors(queries) if vectors is None else vectors, k)
        return [
            [self._item(position, score) for position, score in zip(*row, strict=True) if position >= 0]
            for row in zip(positions.tolist(), scores.tolist(), strict=True)
        ]

    def _by_words(self, queries, vectors, k):
        found = (self.index.lexical.search(terms_of(query), k) for query in queries)
        return [
            [self._item(position, score) for score, position in zip(scores.tolist(), positions.tolist(), strict=True)]
            for scores, positions in found
        ]

    def _by_both(self, queries, vectors, k):
        rankings = self.rankings(queries, max(MIN_CANDIDATES, 4 * k), vectors)
        return [self._fused(dict(zip(rankings, rows, strict=True)), k) for rows in zip(*rankings.values(), strict=True)]

    def _fused(self, ranking, k):
        ranks = {name: {position: rank for rank, position in enumerate(row, 1)} for name, row in ranking.items()}
        fused = fuse(list(ranking.values()), [self.weights[name] for name in ranking], k)
        return [
            self._item(position, score) | {"ranks": {name: row.get(position) for name, row in ranks.items()}}
            for position, score in fused
        ]

    def _item(self, position, score):
        item = self.index.item(position)
        return {"id": item.id, "text": item.text, "score": round(score, 6), "metadata": item.row}

    def _rerank(self, query, items, k, rerank):
        if rerank == BY_RUN:
            scores = self.reranker.scores(query, [item["text"] for item in items])
            order = sorted(range(len(items)), key=lambda number: -scores[number])[:k]
            return [items[number] | {"relevance": scores[number]} for number in order]
        vectors = self.embedder.token_vectors([query, *(item["text"] for item in items)])
        best = nearest(vectors[0], vectors[1:], k, rerank)
        return [
            items[number] | {"distance": round(distance, 6)}
            for number, distance in zip(best.numbers, best.distances, strict=True)
        ]
