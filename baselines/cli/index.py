"""Index the texts of a file for `run.py search`. Add texts to an index, delete some, or inspect it.

run.py index --run DIR --input texts.jsonl --out INDEX        run.py index --out INDEX --input more.jsonl --add
run.py index --out INDEX --delete 17 q1                       run.py index --out INDEX --tune pairs.jsonl
run.py index --out INDEX                                      inspects it
"""

import dataclasses
from pathlib import Path

from baselines.cli.argument_parser import existing, parse
from baselines.cli.encode import ModelFlags, TextFlags
from baselines.cli.startup import start_backend
from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.retrieval.vector_index import structure
from baselines.retrieval.vector_index.checking import check_metric
from baselines.retrieval.vector_index.format import VECTORS
from baselines.runtime.progress import Display
from baselines.storage.array_folder import require_replaceable


@dataclasses.dataclass(frozen=True)
class Flags(ModelFlags, TextFlags):
    """Build an index of texts, or change one. Without --input and --delete: verify an index and show what it holds."""

    out: str | None = None
    """Folder of the index. An index that exists is replaced when the new one is complete."""
    vectors: str | None = None
    """Vectors of the same texts from `run.py encode`, instead of --run."""
    add: bool = False
    """Add the texts of --input to the index. Its own model embeds them; --run says where the model is now."""
    delete: tuple[str, ...] = ()
    """Ids of texts to delete from the index."""
    lexical: bool = True
    """Also count the words and characters of the texts, for `search --hybrid` and `--lexical`."""
    add_lexical: bool = False
    """Count the words and characters of an index that was built without them."""
    tune: str | None = None
    """File of pairs, a query in --text, the text to find in --text_pair. Chooses and stores the weights of --hybrid."""
    text_pair: str = "text_pair"
    """Column or field of --tune with the text to find."""
    metric: str = "cosine"
    """cosine, or ip: inner product of the vectors as they are."""
    kind: str = "auto"
    """flat: exact search; hnsw: a graph; ivf: inverted lists; auto chooses by the number of texts and says why."""
    recall: float = 0.95
    """Share of the true 10 nearest texts that hnsw and ivf must find. It is measured, and the search widened until it is met."""
    fp16: bool = False
    """Store vectors in half precision: half the disk and memory."""
    whitening: int = 0
    """Whiten vectors (arXiv:2103.15316) to this number of dimensions, learned from the texts; 0: no whitening."""
    quiet: bool = False
    """Show no progress."""


def main(argv: list[str]) -> None:
    flags = parse(Flags, argv, "run.py index")
    check(flags)
    with Display(flags.quiet) as display:
        if flags.input:
            change = add if flags.add else build
        else:
            change = delete if flags.delete else count_words if flags.add_lexical else tune if flags.tune else inspect
        display.result(f"{flags.out}: {change(flags, display)}")


def check(flags: Flags) -> None:
    """Raises InputError for flags that are out of range or contradict each other, before anything is loaded."""
    if not flags.out:
        raise InputError("index: --out INDEX is required.")
    changes = [name for name in ("input", "delete", "add_lexical", "tune") if getattr(flags, name)]
    if len(changes) > 1:
        raise InputError(f"index: --{changes[0]} and --{changes[1]} exclude each other. Run one after the other.")
    if flags.add and not flags.input:
        raise InputError("--add: no texts to add. Give --input FILE.")
    if flags.vectors and (flags.add or not flags.input):
        raise InputError("--vectors: a new index needs the texts of the vectors. Give --input FILE, without --add.")
    if flags.vectors and (flags.run or flags.init):
        raise InputError("--vectors: the texts are already embedded, so no model is needed. Leave out --run and --init.")
    check_metric(flags.metric)
    structure.choose(flags.kind, 0)
    if not 0 < flags.recall <= 1:
        raise InputError(f"--recall: {flags.recall} is out of range. Give a number above 0, at most 1.")
    if flags.whitening < 0:
        raise InputError(f"--whitening: a vector cannot have {flags.whitening} dimensions. Give at least 1, or 0 for no whitening.")
    if flags.input and not flags.add:
        require_replaceable(flags.out, VECTORS)
        if not flags.vectors:
            flags.check("index")


def build(flags: Flags, display: Display) -> str:
    """Builds an index, and returns a line about it."""
    source = flags.source()
    embedder = None if existing_vectors(flags) else flags.embedder(flags.quiet)
    from baselines.workflows.vector_indexing import IndexOptions, build_index, format_index, index_of_vectors

    options = IndexOptions(flags.metric, flags.kind, flags.recall, flags.fp16, flags.whitening, flags.lexical)
    if embedder is None:
        return format_index(index_of_vectors(flags.vectors, source, flags.out, options, display))
    return format_index(build_index(embedder, source, flags.out, options, display))


def existing_vectors(flags: Flags) -> Path | None:
    """The path of --vectors, or None. Raises InputError if it does not exist."""
    return existing(flags.vectors, "--vectors") if flags.vectors else None


def add(flags: Flags, display: Display) -> str:
    """Adds the texts of --input to an index, and returns a line about it."""
    source = flags.source()
    start_backend()
    from baselines.inference.semantic_search import SemanticSearch
    from baselines.workflows.vector_indexing import add_to_index, format_index

    embedder = SemanticSearch.open(flags.out, run=flags.run or flags.init).embedder
    return format_index(add_to_index(embedder, source, flags.out, display))


def delete(flags: Flags, display: Display) -> str:
    """Deletes texts from an index, and returns a line about it."""
    from baselines.workflows.vector_indexing import delete_from_index, format_index

    return format_index(delete_from_index(flags.out, flags.delete, display))


def count_words(flags: Flags, display: Display) -> str:
    """Adds the lexical part to an index, and returns a line about it."""
    from baselines.workflows.vector_indexing import add_lexical_part, format_index

    return format_index(add_lexical_part(flags.out, display))


def tune(flags: Flags, display: Display) -> str:
    """Chooses the weights of a hybrid search, and returns a table of what each way finds."""
    source = Source(str(existing(flags.tune, "--tune")), flags.text)
    existing(flags.out, "run.py index")
    start_backend()
    from baselines.inference.semantic_search import SemanticSearch
    from baselines.workflows.fusion_tuning import tune_fusion

    return tune_fusion(SemanticSearch.open(flags.out, run=flags.run or flags.init), source, flags.text_pair, display)


def inspect(flags: Flags, display: Display) -> str:
    """Verifies an index, and returns lines about it."""
    from baselines.retrieval.vector_index.index import VectorIndex
    from baselines.workflows.vector_indexing import format_index

    index = VectorIndex.open(flags.out, verify=True)
    model = index.header["model"]
    return f"{format_index(index)}\nvectors by {model['source']}, pooling {model['pooling']}, at most {model['max_length']} tokens"
