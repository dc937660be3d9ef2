"""An index of a knowledge base as large as KgCLUE's: time and memory to build, file size, opening, queries, against nested dicts.

    python benchmarks/prefix_index.py [--triples 10000 1000000] [--scratch FOLDER]      20560000 is KgCLUE's size

The knowledge base is made up, with KgCLUE's proportions: 6.6 triples a name, names of 4 characters on average, a predicate for
every 84 triples, one name in 20 with a meaning, predicates and characters by a power law. The peer is the tree of the code of
kexue.fm/archives/8802, dicts in dicts saved as JSON; it is left out above a million triples, where it takes tens of GB. Every
measurement is a process of its own. Prints a Markdown table.
"""

import argparse
import json
import os
import pathlib
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from baselines.retrieval.prefix_index.builder import build  # noqa: E402
from baselines.retrieval.prefix_index.constraint import Guided, InIndex  # noqa: E402
from baselines.retrieval.prefix_index.copying import Copying  # noqa: E402
from baselines.retrieval.prefix_index.index import PrefixIndex  # noqa: E402
from baselines.retrieval.prefix_index.look_ahead import LookAhead  # noqa: E402
from baselines.retrieval.prefix_index.names import split_name  # noqa: E402
from baselines.retrieval.prefix_index.string_table import KeyTokenizer  # noqa: E402
from baselines.tokenizers.tokenizer import Tokenizer  # noqa: E402
from baselines.tokenizers.vocabulary import SPECIAL_TOKENS, Vocabulary  # noqa: E402

CHARACTERS, IN_VOCABULARY = 9000, 8700                      # so that one name in 40 cannot be spelled
LARGEST_PEER = 1_000_000
MB = 1e6


def texts(rng: Any, count: int, lengths: Any, mean: float) -> list:
    """`count` strings of ideographs; frequent characters come first in the vocabulary."""
    size = np.clip(rng.gamma(2.0, mean / 2.0, count).round().astype(int), lengths[0], lengths[1])
    ranks = np.arange(1, CHARACTERS + 1) ** -0.9
    drawn = np.searchsorted(np.cumsum(ranks) / ranks.sum(), rng.random(size.sum()))
    text = (drawn + 0x4E00).astype("<u4").tobytes().decode("utf-32-le")
    ends = np.cumsum(size).tolist()
    return [text[end - length : end] for end, length in zip(ends, size.tolist(), strict=True)]


def write_knowledge(path: Any, triples: int) -> None:
    """A file of `triples` lines, those of a name together."""
    rng = np.random.default_rng(0)
    num_names, num_predicates = max(triples * 3_121_457 // 20_559_652, 1), max(triples * 245_838 // 20_559_652, 1)
    names = texts(rng, num_names, (2, 40), 4.1)
    meanings = texts(rng, num_names // 20 + 1, (2, 33), 9.0)
    names = [f"{name}（{meanings[i // 20]}）" if i % 20 == 0 else name for i, name in enumerate(names)]
    predicates = sorted(texts(rng, num_predicates, (2, 20), 4.5), key=len)      # the frequent ones are short
    objects = texts(rng, min(triples, 1_000_000), (1, 200), 5.7)
    name = np.sort(np.concatenate([np.arange(num_names), rng.integers(0, num_names, triples - num_names)]))
    predicate = np.arange(triples) % num_predicates         # each at least once, when most of them are drawn again
    weights = np.cumsum(np.arange(1, num_predicates + 1) ** -1.32)
    again = rng.permutation(triples)[num_predicates:]
    for _ in range(4):                                      # a name rarely has a predicate twice
        predicate[again] = np.searchsorted(weights / weights[-1], rng.random(len(again)))
        _, first = np.unique(name * num_predicates + predicate, return_index=True)
        again = np.setdiff1d(np.arange(triples), first, assume_unique=True)
    object_ = rng.integers(0, len(objects), triples)
    with open(path, "w", encoding="utf-8") as file:
        for first in range(0, triples, 1 << 18):
            part = slice(first, first + (1 << 18))
            columns = zip(name[part].tolist(), predicate[part].tolist(), object_[part].tolist(), strict=True)
            file.writelines(f"{names[n]}\t{predicates[p]}\t{objects[o]}\n" for n, p, o in columns)


def tokenizer() -> Any:
    return Tokenizer.from_vocabulary(Vocabulary([*SPECIAL_TOKENS, *(chr(0x4E00 + i) for i in range(IN_VOCABULARY))]))


def key_of(words: Any, line: Any) -> list:
    """Token ids of a line's key, without the last [SEP]."""
    name, predicate, _ = line.split("\t")
    subject, meaning = split_name(name)
    end = [words.vocabulary.sep_id]
    return [*words.ids(subject).tolist(), *end, *words.ids(predicate).tolist(), *end, *words.ids(meaning).tolist()]


def some_lines(path: Any, count: int) -> Iterator:
    """Lines from all over the file."""
    rng, size = random.Random(0), path.stat().st_size
    with open(path, "rb") as file:
        for _ in range(count):
            file.seek(rng.randrange(max(size - 4096, 1)))
            file.readline()
            line = file.readline().decode().rstrip("\n")
            if line:
                yield line


def measure_build(path: Any, out: Any) -> dict:
    started, cpu = time.perf_counter(), time.process_time()
    counts = build(path, out, KeyTokenizer.of(tokenizer()))
    return {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu, "peak": peak(), **counts}


def measure_queries(path: Any, out: Any) -> dict:
    words = tokenizer()
    keys = [key_of(words, line) for line in some_lines(path, 2000)]
    before, started = own_memory(), time.perf_counter()
    index = PrefixIndex.open(out, words.fingerprint())
    opened, after = time.perf_counter() - started, own_memory()
    states = [index.root()]
    for key in keys:
        state = index.root()
        for token in key:
            state = index.advance(state, token)
            states.append(state)
    random.Random(0).shuffle(states)
    next_ = timed(index.next, states)
    tree = InIndex(index)
    prefixes = [key[:length] for key in keys for length in range(len(key) + 1)]
    step = timed(lambda prefix: tree.allowed([prefix]), prefixes)
    assert all(index.lookup(key) for key in keys)
    memory = own_memory() - before                          # what is remembered of prefixes; the pages of the index are shared
    answer = timed(lambda key: whole_answer(words, tree, key), keys[:200])
    return {"open": opened, "opened": after - before, "queried": memory, "next": np.mean(next_), "next99": np.percentile(next_, 99),
            "step": np.mean(step), "answer": np.mean(answer)}  # fmt: skip


def whole_answer(words: Any, tree: Any, key: Any) -> None:
    """All that a beam of 3 asks of the index for one answer, look-ahead and copying included; no model."""
    ends = [place for place, token in enumerate(key) if token == tree.index.end_id]
    ids = [words.vocabulary.cls_id, *key[: ends[0]], *key[ends[0] + 1 : ends[1]], words.vocabulary.sep_id]
    question = "".join(words.vocabulary.tokens[token] for token in ids[1:-1])
    guided = Guided(tree, LookAhead(tree.index, ids), Copying(tree.index, question))
    log_p = np.full((3, tree.index.vocab_size), -9.0, np.float32)
    for length in range(len(key) + 1):
        prefixes = [key[:length]] * 3
        guided.allowed(prefixes)
        guided.rescore(prefixes, log_p)


def timed(function: Callable, arguments: argparse.Namespace) -> dict:
    """Seconds of each call; the first pass, which reads the disk, does not count."""
    for argument in arguments:
        function(argument)
    seconds = []
    for argument in arguments:
        started = time.perf_counter()
        function(argument)
        seconds.append(time.perf_counter() - started)
    return seconds


def measure_dicts(path: Any, out: Any) -> dict:
    """The reference's tree: token ids as strings, values under "-1"."""
    words, tree, started = tokenizer(), {}, time.perf_counter()
    with open(path, encoding="utf-8") as file:
        for line in file:
            node = tree
            for token in key_of(words, line):
                node = node.setdefault(str(token), {})
            value = " ".join(line.split("\t")[2].split())
            if node.setdefault("-1", value) != value:
                node["-1"] += "\t" + value
    built, out = time.perf_counter() - started, pathlib.Path(f"{out}.json")
    memory = own_memory()
    with open(out, "w", encoding="utf-8") as file:
        json.dump(tree, file, ensure_ascii=False)
    del tree
    started = time.perf_counter()
    with open(out, encoding="utf-8") as file:
        json.load(file)
    return {"seconds": built, "memory": memory, "open": time.perf_counter() - started, "bytes": out.stat().st_size}


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def own_memory() -> int:
    """Bytes of this process that are not pages of files."""
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("RssAnon")).split()[1]) * 1024


def in_process(what: str, path: Any, out: Any) -> dict:
    command = [sys.executable, __file__, "--measure", what, str(path), str(out)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measured(triples: int, scratch: Any) -> list:
    """What ROWS names, as texts."""
    path, out = scratch / f"knowledge-{triples}.txt", scratch / f"index-{triples}"
    if not path.exists():
        write_knowledge(path, triples)
    built = in_process("build", path, out)
    asked = in_process("queries", path, out)
    whole = sum(file.stat().st_size for file in out.iterdir())
    objects = (out / "values.npy").stat().st_size
    cells = [
        f"{triples:,}", f"{path.stat().st_size / MB:.1f}", f"{built['keys']:,}", f"{built['seconds']:.1f}", f"{built['cpu']:.2f}",
        f"{built['peak'] / MB:.0f}", f"{(whole - objects) / MB:.1f}", f"{objects / MB:.1f}", f"{asked['open'] * 1e3:.1f}",
        f"{asked['opened'] / MB:.1f}", f"{asked['queried'] / MB:.1f}", f"{asked['next'] * 1e6:.1f}", f"{asked['next99'] * 1e6:.1f}",
        f"{asked['step'] * 1e6:.1f}", f"{asked['answer'] * 1e3:.1f}",
    ]  # fmt: skip
    if triples <= LARGEST_PEER:
        peer = in_process("dicts", path, out)
        cells += [f"{peer['seconds']:.1f}", f"{peer['memory'] / MB:.0f}", f"{peer['open']:.2f}", f"{peer['bytes'] / MB:.0f}"]
    else:
        cells += ["-"] * 4
    return cells


ROWS = [
    "triples", "file, MB", "keys", "build, s", "of it CPU, s", "peak memory, MB", "index without objects, MB", "objects, MB",
    "open, ms", "own memory once open, MB", "own memory after 2,000 keys, MB", "next tokens, µs", "next tokens, 99 %, µs",
    "a step of a beam, µs", "all for an answer of a beam of 3, ms", "dicts: build, s", "dicts: memory, MB", "dicts: reload, s",
    "dicts: JSON, MB",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--triples", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--scratch", type=pathlib.Path, help="keeps the files; default: a folder that is removed")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        what, path, out = arguments.measure
        measure = {"build": measure_build, "queries": measure_queries, "dicts": measure_dicts}[what]
        print(json.dumps(measure(pathlib.Path(path), pathlib.Path(out)), default=float))
        return
    with tempfile.TemporaryDirectory() as temporary:
        scratch = arguments.scratch or pathlib.Path(temporary)
        scratch.mkdir(parents=True, exist_ok=True)
        columns = [measured(triples, scratch) for triples in arguments.triples]
    print(f"Python {platform.python_version()}, NumPy {version('numpy')}, {os.cpu_count()} cores, {platform.machine()}\n")
    for name, *cells in zip(ROWS, *columns, strict=True):
        print(f"| {name} | {' | '.join(cells)} |")
        if name == ROWS[0]:
            print(f"|---|{'---:|' * len(cells)}")


if __name__ == "__main__":
    main()
