"""Index the texts of a file for `run.py search`; add texts to an index, or delete some.

run.py index --run DIR --input texts.jsonl --out INDEX        run.py index --out INDEX --input more.jsonl --add
run.py index --out INDEX --delete 17 q1                       run.py index --out INDEX                   shows what it is
"""

import dataclasses
from pathlib import Path

from baselines.cli.argument_parser import existing, parse
from baselines.cli.encode import ModelFlags, TextFlags
from baselines.cli.startup import start_backend
from baselines.errors import InputError
from baselines.runtime.progress import Display


@dataclasses.dataclass(frozen=True)
class Flags(ModelFlags, TextFlags):
    """Make an index of texts, or change one. Without --input and --delete: check every byte of one, and show what it is."""

    out: str | None = None
    """Folder of the index; one that is there is replaced when the new one is complete."""
    vectors: str | None = None
    """Vectors of the same texts by `run.py encode`, in place of --run."""
    add: bool = False
    """Add the texts of --input to the index. Its own model encodes them, wherever it lies: --run."""
    delete: tuple[str, ...] = ()
    """Ids of texts to take out of the index."""
    metric: str = "cosine"
    """cosine, or ip: inner product of vectors as they are."""
    kind: str = "auto"
    """flat compares all vectors, hnsw is a graph, ivf are inverted lists; auto chooses by their number and says why."""
    recall: float = 0.95
    """Share of the true 10 nearest that hnsw and ivf must find: measured, and search is widened until they do."""
    fp16: bool = False
    """Keep half-precision numbers: half the disk and memory."""
    whitening: int = 0
    """Numbers of a whitened vector (arXiv:2103.15316), learnt from the texts; 0 leaves vectors alone."""
    quiet: bool = False
    """Show no progress."""


def main(argv):
    flags = parse(Flags, argv, "run.py index")
    check(flags)
    with Display(flags.quiet) as display:
        if not flags.input:
            change = delete if flags.delete else inspect
        else:
            change = add if flags.add else build
        display.result(f"{flags.out}: {change(flags, display)}")


def check(flags):
    """Raises InputError for flags that contradict each other."""
    if not flags.out:
        raise InputError("run.py index: expected --out INDEX. Received: none.")
    if flags.input and flags.delete:
        raise InputError("run.py index: expected --input or --delete. Received: both. Do one after the other.")
    if flags.add and not flags.input:
        raise InputError("--add: expected --input FILE, whose texts are to be added. Received: none.")
    if flags.input and not flags.add and not flags.vectors:
        flags.check("index")
    if flags.vectors and (flags.add or not flags.input):
        raise InputError("--vectors: expected --input FILE, the texts that they are of, and a new index. Received: another use.")
    if not 0 < flags.recall <= 1:
        raise InputError(f"--recall: expected a number above 0, at most 1. Received: {flags.recall}.")


def build(flags, display):
    source = flags.source()
    if flags.vectors:
        existing(flags.vectors, "--vectors")
        from baselines.workflows.vector_indexing import index_of_vectors as make

        maker = flags.vectors
    else:
        maker = flags.embedder(flags.quiet)
        from baselines.workflows.vector_indexing import build_index as make
    from baselines.workflows.vector_indexing import IndexOptions, shown

    options = IndexOptions(flags.metric, flags.kind, flags.recall, flags.fp16, flags.whitening)
    return shown(make(maker, source, flags.out, options, display))


def add(flags, display):
    source = flags.source()
    start_backend()
    from baselines.inference.semantic_search import SemanticSearch
    from baselines.workflows.vector_indexing import add_to_index, shown

    embedder = SemanticSearch.open(flags.out, run=flags.run or flags.init).embedder
    return shown(add_to_index(embedder, source, Path(flags.out), display))


def delete(flags, display):
    from baselines.workflows.vector_indexing import delete_from_index, shown

    return shown(delete_from_index(flags.out, flags.delete, display))


def inspect(flags, display):
    from baselines.retrieval.vector_index.index import VectorIndex
    from baselines.workflows.vector_indexing import shown

    index = VectorIndex.open(flags.out, verify=True)
    model = index.header["model"]
    return f"{shown(index)}\nvectors by {model['source']}, pooling {model['pooling']}, at most {model['max_length']} tokens"
