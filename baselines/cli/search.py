"""Find the texts of an index that are most similar to a text, to each line that is typed, or to those of a file.

run.py search INDEX "text" -k 10 [--rerank wrd]        run.py search INDEX        run.py search INDEX --input F --output F
"""

import dataclasses
import json
import sys
from typing import Annotated

import tyro

from baselines.cli import converse, write_results
from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.data.readers.texts import Source
from baselines.errors import InputError, nearest

RERANKERS = ("wmd", "wrd")
TOGETHER = 256
"""Queries of a file between two movements of the progress bar."""
LONGEST_ROW = 100
"""Signs of the rest of a row that are shown."""


@dataclasses.dataclass(frozen=True)
class Flags:
    """Find the most similar texts; without a text and --input, those for each line of the input."""

    index: tyro.conf.Positional[str]
    """Folder of the index."""
    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts to search for, each between quotes."""
    k: Annotated[int, tyro.conf.arg(aliases=["-k"])] = 10
    """How many to find."""
    rerank: str | None = None
    """wmd or wrd: put the nearest 100 in the order of an exact comparison of their tokens."""
    run: str | None = None
    """The run folder, or checkpoint folder, that made the index, where it has moved."""
    input: str | None = None
    """File of texts to search for: .txt with one on each line, .csv, .tsv, .json or .jsonl."""
    text: str = "text"
    """Column or field of the text in --input."""
    output: str | None = None
    """File to write, JSON lines; default: standard output."""
    quiet: bool = False
    """Print what was found only."""


def main(argv):
    flags = parse(Flags, argv, "run.py search")
    if flags.texts and flags.input:
        raise InputError("run.py search: expected texts or --input FILE. Received: both.")
    if flags.k < 1:
        raise InputError(f"-k: expected a number, at least 1. Received: {flags.k}.")
    if flags.rerank not in (None, *RERANKERS):
        known = ", ".join(RERANKERS)
        raise InputError(f"--rerank: expected one of {known}. Received: {flags.rerank!r}. {nearest(flags.rerank, RERANKERS)}")
    if any(not text.strip() for text in flags.texts):
        raise InputError("run.py search: expected texts that are not empty. Received: an empty one.")
    source = Source(str(existing(flags.input, "--input")), flags.text) if flags.input else None
    existing(flags.index, "run.py search")
    start_backend()
    from baselines.inference.semantic_search import SemanticSearch

    searcher = SemanticSearch.open(flags.index, run=flags.run)
    if flags.k > searcher.size and not flags.quiet:
        print(f"{flags.index} has {searcher.size:,} texts, fewer than -k {flags.k}: all of them are shown", file=sys.stderr)
    if source:
        return search_file(searcher, source, flags)
    if flags.texts:
        for text, found in zip(flags.texts, searcher.search_many(flags.texts, flags.k, flags.rerank), strict=True):
            tell(found, text if len(flags.texts) > 1 else "")
        return 0
    if not flags.quiet:
        print(f"{searcher.size:,} texts; type one to search for, Ctrl-D ends it.", file=sys.stderr)
    return converse(lambda text: tell(searcher.search(text, k=flags.k, rerank=flags.rerank)))


def tell(found, query=""):
    """Prints what was found, the best one first."""
    if query:
        print(query)
    for item in found:
        rest = {name: value for name, value in item["metadata"].items() if value not in (item["text"], item["id"])}
        shown = json.dumps(rest, ensure_ascii=False) if rest else ""
        shown = shown if len(shown) <= LONGEST_ROW else shown[:LONGEST_ROW] + "…"
        distance = f"  {item['distance']:7.4f}" if "distance" in item else ""
        print(f"{item['score']:7.4f}{distance}  {item['id']}  {item['text']}  {shown}".rstrip())


def search_file(searcher, source, flags):
    """A JSON line for each text of a file: its id or number, the text, and what was found."""

    def answer(group):
        found = searcher.search_many([text for _, text in group], flags.k, flags.rerank)
        for (id, text), items in zip(group, found, strict=True):
            yield {"id": id, "text": text, "found": items}

    queries = [(row.number if id is None else id, text) for id, text, row in source.read()]
    return write_results(queries, answer, flags, "searching", TOGETHER)
