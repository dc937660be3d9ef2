"""Find hard negatives in an index for pairs of a query and its text: what a retriever or reranker should learn to tell apart.

run.py mine --index INDEX --pairs pairs.jsonl --output triples.jsonl [--rerank RUN]
"""

import dataclasses
import json

import tyro

from baselines.cli.argument_parser import existing, parse
from baselines.cli.startup import start_backend
from baselines.data.readers.texts import Source
from baselines.storage.atomic_files import atomic_write
from baselines.storage.temporary_names import file_destination


@dataclasses.dataclass(frozen=True)
class Flags:
    """Write each pair with texts of the index that rank high for its query and do not answer it."""

    index: str = tyro.MISSING
    """Folder of the index."""
    pairs: str = tyro.MISSING
    """File of pairs: .txt (tab-separated), .csv, .tsv, .json or .jsonl."""
    output: str = tyro.MISSING
    """File to write, JSON lines of text, text_pair and negative."""
    run: str | None = None
    """The run or checkpoint that made the index, if it has moved."""
    rerank: str | None = None
    """Folder of a `rerank` run that scores the texts; otherwise their vectors do."""
    text: str = "text"
    """Column or field of the query."""
    text_pair: str = "text_pair"
    """Column or field of the text that answers it."""
    num: int = 5
    """Negatives per pair."""
    ranks: tuple[int, int] = (1, 50)
    """First and last rank of the texts to choose from."""
    margin: float = 0.05
    """Texts that score less than this below the pair's own text are left out: they may answer the query too."""
    quiet: bool = False
    """Show no progress."""


def main(argv: list[str]) -> None:
    from baselines.runtime.progress import Display
    from baselines.workflows.negative_mining import MiningOptions, mine

    flags = parse(Flags, argv, "run.py mine")
    options = MiningOptions(flags.num, *flags.ranks, flags.margin)
    source = Source(str(existing(flags.pairs, "--pairs")), flags.text)
    existing(flags.index, "--index")
    rerank = existing(flags.rerank, "--rerank") if flags.rerank else None
    file_destination(flags.output)
    start_backend()
    from baselines.inference.reranker import Reranker
    from baselines.inference.semantic_search import SemanticSearch

    search = SemanticSearch.open(flags.index, run=flags.run, reranker=Reranker.from_run(rerank) if rerank else None)
    with Display(flags.quiet) as display:
        rows, report = mine(search, source, flags.text_pair, options, display)
        with atomic_write(flags.output, "w") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        display.result(f"{flags.output}: {report}")
