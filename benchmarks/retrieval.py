"""How often the text that means the same is among the first found of a corpus: models, and TF-IDF of characters beside them.

    python benchmarks/retrieval.py --corpus corpus.txt --pairs pairs.jsonl --models runs/simbert/A checkpoints/B:mean

corpus   a text on each line
pairs    JSON lines of text, text_pair and, if there is one, a label: those of label 0 are left out

The second texts join the corpus; each first text searches it, itself left out. recall@k is the share of queries whose partner is
among the first k, MRR the mean of 1/rank. A model is a run or checkpoint folder, with :POOLING if it is not to be the usual one.
TF-IDF is of single characters and pairs of neighbours, at length 1. Prints a Markdown table.
"""

import argparse
import collections
import datetime
import json
import pathlib
import sys
from typing import Any

import numpy as np
from rounds import log, machine
from scipy.sparse import csr_matrix

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
    counts = [collections.Counter([*text, *map("".join, zip(text, text[1:], strict=False))]) for text in corpus + queries]
    numbers = {}
    for each in counts[: len(corpus)]:
        for piece in each:
            numbers.setdefault(piece, len(numbers))
    rows = [(row, numbers[piece], count) for row, each in enumerate(counts) for piece, count in each.items() if piece in numbers]
    row, column, count = map(np.array, zip(*rows, strict=True))
    table = csr_matrix((count.astype(float), (row, column)), (len(counts), len(numbers)))
    seen = np.bincount(table[: len(corpus)].indices, minlength=len(numbers))
    table = table.multiply(np.log((1 + len(corpus)) / (1 + seen)) + 1).tocsr()
    table = table.multiply(1 / np.maximum(np.sqrt(table.multiply(table).sum(1)), 1e-12)).tocsr()
    return (table[len(corpus) :] @ table[: len(corpus)].T).toarray()


def by_model(name: str, corpus: list, queries: Any) -> np.ndarray:
    """Cosines (Q, N) of a model's vectors."""
    from baselines.inference.semantic_search import open_embedder

    folder, _, pooling = name.partition(":")
    embedder = open_embedder(folder, pooling or None, max_length=64 if not pathlib.Path(folder, "recipe.yaml").exists() else None)
    vectors = embedder.encode(corpus + queries)
    return vectors[len(corpus) :] @ vectors[: len(corpus)].T


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
    for name in ["TF-IDF of characters", *arguments.models]:
        log(name)
        cosines = by_model(name, corpus, queries) if name in arguments.models else by_characters(corpus, queries)
        found = scores(cosines, corpus, queries, partners)
        print(f"| {name} | {' | '.join(f'{found[each]:.3f}' for each in names)} |", flush=True)


if __name__ == "__main__":
    main()
