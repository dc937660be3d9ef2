"""Search an index for the texts most similar to a text, to each line typed, or to those of a file.

run.py search INDEX "text" -k 10 [--hybrid] [--rerank wrd]        run.py search INDEX --input F --output F
run.py search INDEX                                               reads a query from each line typed
"""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from baselines.cli import check_output, converse, write_results
from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.data.readers.texts import Source
from baselines.errors import InputError, excerpt

if TYPE_CHECKING:
    from baselines.inference.semantic_search import SemanticSearch

RERANKERS = ("wmd", "wrd")
CHUNK_SIZE = 256
"""Queries of a file between two updates of the progress bar."""
MAX_ROW_LENGTH = 100
"""Characters shown of the rest of a row."""


@dataclasses.dataclass(frozen=True)
class Flags:
    """Find the most similar texts. Without a text and --input, each line typed is a query."""

    index: tyro.conf.Positional[str]
    """Folder of the index."""
    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Queries, each between quotes."""
    k: Annotated[int, tyro.conf.arg(aliases=["-k"])] = 10
    """Number of texts to find."""
    hybrid: bool = False
    """Search by vectors and by words (BM25), and fuse both rankings."""
    lexical: bool = False
    """Search by words and characters only (BM25); no model is loaded."""
    rerank: str | None = None
    """Rerank the first 100: a folder of a `rerank` run; or wmd, wrd: by an exact comparison of their tokens."""
    run: str | None = None
    """The run or checkpoint that made the index, if it has moved."""
    input: str | None = None
    """File of queries: .txt with one per line, .csv, .tsv, .json or .jsonl."""
    text: str = "text"
    """Column or field of the text in --input."""
    output: str | None = None
    """File to write, JSON lines; default: standard output."""
    quiet: bool = False
    """Print results only."""


def main(argv: list[str]) -> int:
    flags = parse(Flags, argv, "run.py search")
    if flags.texts and flags.input:
        raise InputError("search: texts and --input exclude each other. Leave one out.")
    if flags.k < 1:
        raise InputError(f"-k: {flags.k} is out of range. Give at least 1.")
    reranks_by_run = flags.rerank not in (None, *RERANKERS)
    if reranks_by_run and not Path(flags.rerank).is_dir():
        raise InputError(f"--rerank: there is no run at {excerpt(flags.rerank)}. Give the folder of a `rerank` run, wmd or wrd.")
    if any(not text.strip() for text in flags.texts):
        raise InputError("search: a text is empty. Remove it.")
    if flags.hybrid and flags.lexical:
        raise InputError("search: --hybrid and --lexical exclude each other. Leave one out.")
    check_output(flags)
    source = Source(str(existing(flags.input, "--input")), flags.text) if flags.input else None
    existing(flags.index, "run.py search")
    modelless = flags.lexical and flags.rerank not in RERANKERS
    if not modelless or reranks_by_run:
        start_backend()
    from baselines.inference.reranker import Reranker
    from baselines.inference.semantic_search import BY_RUN, SemanticSearch

    reranker = Reranker.from_run(flags.rerank) if reranks_by_run else None
    search = SemanticSearch.open(flags.index, run=flags.run, lexical_only=modelless, reranker=reranker)
    options = {"k": flags.k, "rerank": BY_RUN if reranker else flags.rerank, "by": way(flags)}
    if flags.k > search.size and not flags.quiet:
        print(f"{flags.index} has {search.size:,} texts, fewer than -k {flags.k}: all of them are shown", file=sys.stderr)
    if source:
        return search_file(search, source, options, flags)
    if flags.texts:
        for text, items in zip(flags.texts, search.search_many(flags.texts, **options), strict=True):
            print_items(items, text if len(flags.texts) > 1 else "")
        return 0
    if not flags.quiet:
        print(f"{search.size:,} texts; type a query, Ctrl-D ends.", file=sys.stderr)
    return converse(lambda text: print_items(search.search(text, **options)))


def way(flags: Flags) -> str:
    """What the search compares, as SemanticSearch.search has it."""
    return "hybrid" if flags.hybrid else "lexical" if flags.lexical else "vectors"


def print_items(items: Sequence[dict], query: str = "") -> None:
    """Prints search results, best first.

    Args:
        items: Dicts with "score", "id", "text", "metadata" and, if reranked, "distance" or "relevance", if fused, "ranks".
        query: Printed first if it is not empty.
    """
    if query:
        print(query)
    if not items:
        print("nothing found: no text has a word or character of the query")
    for item in items:
        rest = {name: value for name, value in item["metadata"].items() if value not in (item["text"], item["id"])}
        row = json.dumps(rest, ensure_ascii=False) if rest else ""
        row = row if len(row) <= MAX_ROW_LENGTH else row[:MAX_ROW_LENGTH] + "…"
        reranked = item.get("distance", item.get("relevance"))
        reranked = "" if reranked is None else f"  {reranked:7.4f}"
        ranks = "  ".join(f"{name} {rank or '-'}" for name, rank in item.get("ranks", {}).items())
        row = f"{row}  ({ranks})" if ranks else row
        print(f"{item['score']:7.4f}{reranked}  {item['id']}  {item['text']}  {row}".rstrip())


def search_file(search: "SemanticSearch", source: Source, options: dict, flags: Flags) -> int:
    """Writes a JSON line for each text of a file: its id or number, the text, and the results. Returns the exit code."""

    def process(group):
        results = search.search_many([text for _, text in group], **options)
        for (id, text), items in zip(group, results, strict=True):
            yield {"id": id, "text": text, "found": items}

    queries = [(row.number if id is None else id, text) for id, text, row in source.read()]
    return write_results(queries, process, flags, "searching", CHUNK_SIZE)
