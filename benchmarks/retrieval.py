"""How often the text that means the same is among the first found of a corpus: models, TF-IDF and BM25, and both fused.

    python benchmarks/retrieval.py --corpus corpus.txt --pairs pairs.jsonl --models runs/simbert/A checkpoints/B:mean

corpus   a text on each line
pairs    JSON lines of text, text_pair and, if there is one, a label: those of label 0 are left out

The second texts join the corpus; each first text searches it, itself left out. recall@k is the share of queries whose partner is
among the first k, MRR the mean of 1/rank. A model is a run or checkpoint folder, with :POOLING if it is not to be the usual one.
TF-IDF is of single characters and pairs of neighbours, at length 1. BM25 is that of `search --lexical`, "and words" a model as
`search --hybrid` finds with even weights. Prints a Markdown table.
"""

import argparse
import datetime
import json
import pathlib
import sys
from typing import Any

import numpy as np
from rounds import log, machine

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

KS = (1, 5, 10, 50)


def read(arguments: argparse.Namespace) -> tuple:
    """(corpus: different texts, queries, place of each query's partner in the corpus)."""
    pairs = [json.loads(line) for line in arguments.pairs.read_text(encoding="utf-8").splitlines() if line.strip()]
    pairs = [pair for pair in pairs if str(pair.get("label", 1)) != "0" and pair["text"] != pair["text_pair"]]
    lines = arguments.corpus.read_text(encoding="utf-8").split("\n")
    corpus = list(dict.fromkeys([line.strip() for line in lines if line.strip()] + [pair["text_pair"] for pair in pairs]))
    places = {text: place for place, text in enumerate(corpus)}
    return corpus, [pair["text"] for pair in pairs], np.array([places[pair["text_pair"]] for pair in pairs])


def by_characters(corpus: list, queries: Any) -> np.ndarray:
    """Cosines (Q, N) of TF-IDF vectors."""
    from baselines.retrieval.lexical_index.tf_idf import TfIdf

    table = TfIdf(corpus)
    return (table.vectors(queries) @ table.vectors(corpus).T).toarray()


def by_model(name: str, corpus: list, queries: Any) -> np.ndarray:
    """Cosines (Q, N) of a model's vectors."""
    from baselines.inference.semantic_search import open_embedder

    folder, _, pooling = name.partition(":")
    embedder = open_embedder(folder, pooling or None, max_length=64 if not pathlib.Path(folder, "recipe.yaml").exists() else None)
    vectors = embedder.encode(corpus + queries)
    return vectors[len(corpus) :] @ vectors[: len(corpus)].T


def by_words(corpus: list, queries: Any) -> np.ndarray:
    """BM25 (Q, N), as `search --lexical` computes it."""
    from baselines.retrieval.lexical_index.counting import lexical_index
    from baselines.retrieval.lexical_index.terms import terms_of

    index = lexical_index(corpus)
    return np.stack([index.scores(terms_of(query)) for query in queries])


def fused(one: np.ndarray, other: np.ndarray, corpus: list, queries: list, depth: int = 100) -> np.ndarray:
    """Scores (Q, N) of the reciprocal ranks of the first `depth` of both; texts that neither has are behind, in their order."""
    from baselines.retrieval.fusion import fuse

    places, result = {text: place for place, text in enumerate(corpus)}, np.zeros_like(one)
    for row, query in enumerate(queries):
        rankings = []
        for values in (one[row].copy(), other[row].copy()):
            if query in places:
                values[places[query]] = -np.inf
            first = np.argsort(-values, kind="stable")[:depth]
            rankings.append([int(place) for place in first if values[place] != 0])
        for place, score in fuse(rankings, (1, 1), 2 * depth):
            result[row, place] = score
    return result


def scores(cosines: Any, corpus: list, queries: Any, partners: Any) -> dict:
    """{"recall@k": …, "MRR": …}."""
    places = {text: place for place, text in enumerate(corpus)}
    for row, query in zip(cosines, queries, strict=True):
        if query in places:
            row[places[query]] = -np.inf
    own = cosines[np.arange(len(queries)), partners]
    ranks = 1 + (cosines > own[:, None]).sum(1)
    return {**{f"recall@{k}": float((ranks <= k).mean()) for k in KS}, "MRR": float((1 / ranks).mean())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--pairs", type=pathlib.Path, required=True)
    parser.add_argument("--models", nargs="*", default=[])
    arguments = parser.parse_args()
    corpus, queries, partners = read(arguments)
    print(f"{datetime.date.today()}, {machine()}; {len(queries):,} queries, {len(corpus):,} texts\n")
    names = [f"recall@{k}" for k in KS] + ["MRR"]
    print(f"| | {' | '.join(names)} |\n|---{'|---' * len(names)}|")
    words = by_words(corpus, queries)

    def show(name, similarities):
        found = scores(similarities.copy(), corpus, queries, partners)
        print(f"| {name} | {' | '.join(f'{found[each]:.3f}' for each in names)} |", flush=True)

    show("TF-IDF of characters", by_characters(corpus, queries))
    show("BM25 of words and characters", words)
    for name in arguments.models:
        log(name)
        cosines = by_model(name, corpus, queries)
        show(name, cosines)
        show(f"{name} and words", fused(cosines, words, corpus, queries))


if __name__ == "__main__":
    main()
