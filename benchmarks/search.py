"""A million vectors searched exactly, by a graph and by inverted lists: time to build and to open, latency, recall, memory.

    python benchmarks/search.py [--count 1000000] [--size 256] [--kinds flat ivf hnsw]

Synthetic vectors, in clusters as those of texts are: 1 centre for every 50, noise of 0.6 of a centre's length. Queries are as the
vectors are, and none of them. Each index is made by a process of its own with the library's own `changing.create`, and opened by
another one, in which queries come one by one, and 100 at once; memory is that process's own, and with the files that it shares.
Recall@10 is against the exact search, which the flat index makes. Prints a Markdown table.
"""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Any

import numpy as np
from rounds import log, machine

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

QUERIES, K, BLOCK = 300, 10, 1 << 15


def write_vectors(folder: pathlib.Path, count: int, size: int) -> None:
    """vectors.npy float32 (count, size), in blocks, and queries.npy."""
    random = np.random.default_rng(0)
    centers = random.normal(size=(max(count // 50, 1), size)).astype(np.float32)

    def some(number):
        noise = random.normal(scale=0.6, size=(number, size)).astype(np.float32)
        return centers[random.integers(0, len(centers), number)] + noise

    found = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, (count, size))
    for start in range(0, count, BLOCK):
        found[start : start + BLOCK] = some(min(BLOCK, count - start))
    found.flush()
    np.save(folder / "queries.npy", some(QUERIES))


def build(folder: pathlib.Path, kind: str) -> dict:
    """In a process of its own: makes the index; {"seconds", "peak": bytes, "structure"}."""
    import resource

    from baselines.retrieval.vector_index import changing

    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    started = time.perf_counter()
    rows = ((None, {"text": f"text {number}"}) for number in range(len(vectors)))
    model = {"fingerprint": "synthetic", "source": "none", "pooling": "none"}
    report = lambda stage, done, total: log(f"{kind}: {stage} {done:,} of {total:,}")  # noqa: E731
    index = changing.create(folder / kind, vectors, rows, model, kind=kind, report=report)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": time.perf_counter() - started, "peak": peak, "structure": index.header["structure"]}


def search(folder: pathlib.Path, kind: str) -> dict:
    """In a process of its own: opens the index and searches."""
    import faiss  # noqa: F401  not a part of opening

    from baselines.retrieval.vector_index.index import VectorIndex

    queries = np.load(folder / "queries.npy")
    before, started = memory("RssAnon"), time.perf_counter()
    index = VectorIndex.open(folder / kind)
    opened = time.perf_counter() - started
    index.search(queries[:1], K)
    each = []
    for query in queries:
        started = time.perf_counter()
        index.search(query[None], K)
        each.append(time.perf_counter() - started)
    started = time.perf_counter()
    places = index.search(queries, K)[1]
    together = (time.perf_counter() - started) / len(queries)
    np.save(folder / f"{kind}.npy", places)
    middle, late = np.quantile(each, [0.5, 0.95])
    return {
        "open": opened, "median": middle, "p95": late, "together": together, "own": memory("RssAnon") - before,
        "shared": memory("RssFile"), "disk": sum(file.stat().st_size for file in (folder / kind).iterdir()),
    }  # fmt: skip


def memory(name: str) -> int:
    """Bytes of this process, by a name of Linux."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def in_a_process(folder: pathlib.Path, kind: str, part: str) -> dict:
    command = [sys.executable, __file__, "--folder", str(folder), "--part", part, "--kinds", kind]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--kinds", nargs="+", default=["flat", "ivf", "hnsw"])
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--part", choices=["build", "search"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        return print(json.dumps({"build": build, "search": search}[arguments.part](arguments.folder, arguments.kinds[0])))
    import faiss

    print(f"{datetime.date.today()}, {machine()}; {arguments.count:,} vectors of {arguments.size}, faiss {faiss.__version__}\n")
    print("| kind | build s | at most MB | disk MB | open ms | one by one ms (95 %) | 300 at once, ms each | recall@10 | "
          "own MB | files' MB | width |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        folder = pathlib.Path(folder)
        write_vectors(folder, arguments.count, arguments.size)
        truth = None
        for kind in arguments.kinds:
            made, found = in_a_process(folder, kind, "build"), in_a_process(folder, kind, "search")
            places = np.load(folder / f"{kind}.npy")
            truth = places if kind == "flat" else truth
            same = [] if truth is None else [len(set(a) & set(b)) / K for a, b in zip(places, truth, strict=True)]
            recall = f"{np.mean(same):.3f}" if same else ""
            cells = [
                kind, f"{made['seconds']:.0f}", f"{made['peak'] / 1e6:,.0f}", f"{found['disk'] / 1e6:,.0f}",
                f"{1000 * found['open']:.0f}", f"{1000 * found['median']:.1f} ({1000 * found['p95']:.1f})",
                f"{1000 * found['together']:.2f}", recall, f"{found['own'] / 1e6:,.0f}", f"{found['shared'] / 1e6:,.0f}",
                str(made["structure"]["width"] or ""),
            ]  # fmt: skip
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
