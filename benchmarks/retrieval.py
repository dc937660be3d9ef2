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
    from baselines.data.embedding_suite import SuiteSet
    from baselines.workflows.suite_scoring import ByCharacters, ByWords, fused

    each = SuiteSet("pairs", "retrieval", queries, [corpus[place] for place in partners], corpus=corpus)
    words = ByWords().searches(queries, corpus)

    def show(name, similarities):
        found = scores(similarities.copy(), corpus, queries, partners)
        print(f"| {name} | {' | '.join(f'{found[each]:.3f}' for each in names)} |", flush=True)

    show("TF-IDF of characters", ByCharacters().searches(queries, corpus))
    show("BM25 of words and characters", words)
    for name in arguments.models:
        log(name)
        cosines = by_model(name, corpus, queries)
        show(name, cosines)
        show(f"{name} and words", fused(cosines, words, each))


if __name__ == "__main__":
    main()
