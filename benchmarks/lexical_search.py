"""BM25 over a million short texts: time to build, size on disk, latency, memory; the library bm25s beside, with the same terms.

    python benchmarks/lexical_search.py --texts 'texts/*.txt.gz' [--count 1000000] [--peer_python PYTHON_WITH_BM25S]

The texts are the first --count different lines of 4 to 64 characters; queries are 300 later ones. Cutting texts into terms is timed
apart, because both use the same. Queries come one by one; the first 20 are not counted. Agreement is the share of bm25s' first ten
texts whose score our first ten reach: texts with equal scores may stand in another order. Prints a Markdown table.
"""

import argparse
import datetime
import json
import pathlib
import pickle
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np
from rounds import log, machine

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

QUERIES, WARM, K = 300, 20, 10
PEER = """
import json, pathlib, pickle, resource, sys, time
import numpy as np, bm25s
folder = pathlib.Path(sys.argv[1])
numbers, lengths, size, queries = pickle.load(open(folder / "terms.pickle", "rb"))
rows = [row.tolist() for row in np.split(numbers, np.cumsum(lengths)[:-1])]
started = time.process_time()
peer = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
peer.index((rows, {str(number): number for number in range(size)}), show_progress=False)
built = time.process_time() - started
peer.save(folder / "bm25s")
each, found = [], []
for query in queries:
    started = time.perf_counter()
    scores = peer.get_scores_from_ids([number for number in query if number >= 0])
    best = np.argpartition(scores, -10)[-10:]
    best = best[np.argsort(-scores[best], kind="stable")]
    each.append(time.perf_counter() - started)
    found.append(scores[best].tolist())
size = sum(path.stat().st_size for path in (folder / "bm25s").rglob("*"))
print(json.dumps({"build": built, "bytes": size, "each": each, "scores": found,
                  "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
"""


def read(patterns: list[str], count: int) -> tuple[list[str], list[str]]:
    """(texts, queries) of the files."""
    import glob
    import gzip

    found = {}
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)):
            with gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8") as file:
                for line in file:
                    for part in line.replace("！", "。").replace("？", "。").split("。"):
                        if 4 <= len(part.strip()) <= 64:
                            found.setdefault(part.strip())
                        if len(found) >= count + QUERIES:
                            texts = list(found)
                            return texts[:count], texts[count:]
    texts = list(found)
    return texts[:-QUERIES], texts[-QUERIES:]


def ours(folder: pathlib.Path, texts: list[str], queries: list[str]) -> dict:
    """Builds with terms that are cut already, and searches."""
    from baselines.retrieval.lexical_index import counting
    from baselines.retrieval.lexical_index.bm25 import LexicalIndex
    from baselines.retrieval.lexical_index.terms import terms_of
    from baselines.storage.array_folder import ArrayFolderWriter, Kind, open_folder

    kind = Kind("benchmark", 1, "about.json", "a benchmark", "Run it again.")
    started = time.process_time()
    cut = {text: terms_of(text) for text in texts}
    cutting = time.process_time() - started
    log(f"terms of {len(texts):,} texts: {cutting:.0f} s")
    started = time.process_time()
    counting.terms_of = cut.__getitem__
    folder.mkdir()
    writer = ArrayFolderWriter(folder, kind)
    writer.arrays(counting.lexical_arrays(texts))
    writer.header()
    built = time.process_time() - started
    index = LexicalIndex(open_folder(folder, kind)[1], np.zeros(len(texts), bool))
    each, scores = [], []
    for query in queries:
        terms = terms_of(query)
        started = time.perf_counter()
        found, _ = index.search(terms, K)
        each.append(time.perf_counter() - started)
        scores.append(found.tolist())
    numbers = {term: number for number, term in enumerate(index.terms.texts())}
    flat = np.fromiter((numbers[term] for text in texts for term in cut[text]), np.int32)
    lengths = np.fromiter((len(cut[text]) for text in texts), np.int64)
    asked = [[numbers.get(term, -1) for term in terms_of(query)] for query in queries]
    size = sum(path.stat().st_size for path in folder.iterdir())
    peer = (flat, lengths, len(numbers), asked)
    return {"cut": cutting, "build": built, "bytes": size, "each": each, "scores": scores, "peer": peer}


def agreement(own: list, other: list) -> float:
    """The share of the other's first ten scores that ours reach."""
    shares = []
    for mine, theirs in zip(own, other, strict=True):
        theirs = [score for score in theirs if score > 0]
        reached = [a >= b - 1e-3 * abs(b) for a, b in zip(mine, theirs, strict=False)]
        shares.append(sum(reached) / len(theirs) if theirs else 1.0)
    return float(np.mean(shares))


def row(name: str, found: dict) -> str:
    middle, slow = (1000 * np.percentile(found["each"][WARM:], share) for share in (50, 99))
    return f"| {name} | {found['build']:.1f} | {found['bytes'] / 1e6:.0f} | {middle:.2f} | {slow:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--peer_python")
    arguments = parser.parse_args()
    texts, queries = read(arguments.texts, arguments.count)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        found = ours(folder / "ours", texts, queries)
        print(f"{datetime.date.today()}, {machine()}; {len(texts):,} texts, {len(queries)} queries; ", end="")
        print(f"cutting them into terms {found['cut']:.0f} CPU seconds\n")
        print("| | build, CPU s | MB on disk | p50 ms | p99 ms |\n|---|---|---|---|---|")
        print(row("ours", found))
        if arguments.peer_python:
            peer: Any = found.pop("peer")
            (folder / "terms.pickle").write_bytes(pickle.dumps(peer))
            told = subprocess.run([arguments.peer_python, "-c", PEER, folder], capture_output=True, text=True, check=True).stdout
            other = json.loads(told.splitlines()[-1])
            print(row("bm25s", other))
            print(f"\nagreement of the first ten: {agreement(found['scores'], other['scores']):.4f}")


if __name__ == "__main__":
    main()
