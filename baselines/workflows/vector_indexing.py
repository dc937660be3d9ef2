"""The index of a file's texts: embedded, which may be interrupted, and written under its lock. `index` stands on it."""

import dataclasses
from pathlib import Path
from typing import Any

from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.retrieval.vector_index import changing, relinking, structure
from baselines.retrieval.vector_index.checking import check_metric
from baselines.retrieval.vector_index.format import VECTORS
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.runtime.progress import Display, StageProgress
from baselines.storage.array_folder import require_replaceable
from baselines.storage.folder_lock import only_builder
from baselines.storage.temporary_names import destination
from baselines.workflows.partial_vectors import remove_partial
from baselines.workflows.text_encoding import EncodingOptions, encode_source
from baselines.workflows.vector_files import read_vectors


@dataclasses.dataclass(frozen=True)
class IndexOptions:
    """How an index is built.

    Args:
        metric: "cosine" or "ip".
        kind: "auto", "flat", "hnsw" or "ivf".
        recall: Share of the true neighbors that a search must find, above 0, at most 1.
        half: Keep vectors as float16.
        whitening: Numbers of a whitened vector; 0 leaves vectors alone.
        lexical: Also count words and characters, for BM25.

    Raises:
        InputError: A value is out of its range.
    """

    metric: str = "cosine"
    kind: str = "auto"
    recall: float = changing.RECALL
    half: bool = False
    whitening: int = 0
    lexical: bool = True

    def __post_init__(self):
        check_metric(self.metric)
        structure.choose(self.kind, 0)
        if not 0 < self.recall <= 1:
            raise InputError(f"--recall: {self.recall} is out of range. Give a number above 0, at most 1.")
        self.encoding()

    def encoding(self) -> EncodingOptions:
        """How the vectors are stored until the index is built."""
        return EncodingOptions(self.metric == "cosine", self.half, self.whitening)


def build_index(embedder: Any, source: Source, folder: str | Path, options: IndexOptions, display: Display) -> VectorIndex:
    """Embeds the texts of a Source and builds the index `folder`; an interrupted call is resumed. Returns it, opened."""
    folder = require_replaceable(folder, VECTORS)
    with only_builder(folder):
        part, whitening, _ = encode_source(embedder, source, folder, options.encoding(), display)
        index = _create(folder, part.open(), source, embedder.about(), options, whitening, display)
        part.remove()
    return index


def index_of_vectors(path: str | Path, source: Source, folder: str | Path, options: IndexOptions, display: Display) -> VectorIndex:
    """Builds the index `folder` from a file that `encode` wrote for the same texts; no model is needed. Returns it, opened.

    Raises:
        InputError: The vectors are of other texts, normalized though `options.metric` is "ip", or damaged.
    """
    folder = require_replaceable(folder, VECTORS)
    vectors, about, whitening = read_vectors(path)
    if about["normalize"] and options.metric == "ip":
        raise InputError(f"{path}: its vectors have length 1, which inner products should not. Run `encode` with --no_normalize.")
    with only_builder(folder):
        if source.survey().digest != about["digest"]:
            raise InputError(f"{path}: its vectors are not those of {source.path}. Run `encode` again on this file.")
        index = _create(folder, vectors, source, about["model"], options, whitening, display)
        remove_partial(folder)
    return index


def _create(folder, vectors, source, model, options, whitening, display):
    rows = ((id, row) for id, _, row in source.read())
    values = dataclasses.asdict(options) | {"whitening": whitening}
    with StageProgress(display) as report:
        return changing.create(folder, vectors, rows, model, source.field, report=report, **values)


def add_to_index(embedder: Any, source: Source, folder: str | Path, display: Display) -> VectorIndex:
    """Embeds the texts of a Source and adds them to an index. Returns it, opened.

    Raises:
        InputError: The index was made by another model, its texts are in another field, or an id is in it already.
    """
    folder = destination(folder)
    with only_builder(folder):
        index = VectorIndex.open(folder)
        index.require_model(embedder.fingerprint(), embedder.name)
        if source.field != index.header["text"]:
            raise InputError(f"{source.path}: its texts are in the field {source.field!r}, those of the index in "
                             f"{index.header['text']!r}. Name the field with --text.")  # fmt: skip
        encoding = EncodingOptions(index.metric == "cosine", index.header["asked"]["half"])
        part, _, _ = encode_source(embedder, source, folder, encoding, display, index.whitening)
        rows = ((id, row) for id, _, row in source.read())
        with StageProgress(display) as report:
            index = changing.add(folder, part.open(), rows, report)
        part.remove()
    return index


def delete_from_index(folder: str | Path, words: list[str], display: Display) -> VectorIndex:
    """Deletes texts by their ids. "17" is the number 17, or the text "17" where no id is that number. Returns the index, opened.

    Raises:
        InputError: The index has no such id, or no text would be left.
    """
    folder = destination(folder)
    with only_builder(folder), StageProgress(display) as report:
        index = VectorIndex.open(folder)
        known = index.positions([*words, *(int(word) for word in words if word.isdecimal())])
        ids = [int(word) if word.isdecimal() and int(word) in known else word for word in words]
        index = changing.delete(folder, ids, report)
        remove_partial(folder)
    return index


def add_lexical_part(folder: str | Path, display: Display) -> VectorIndex:
    """Counts the words and characters of an index that was built without them. Returns it, opened.

    Raises:
        InputError: There is no index, or it has them.
    """
    folder = destination(folder)
    with only_builder(folder), StageProgress(display) as report:
        if VectorIndex.open(folder).lexical is not None:
            raise InputError(f"--add_lexical: {folder} has its words counted. Leave the flag out.")
        return relinking.add_lexical(folder, report)


def format_index(index: VectorIndex) -> str:
    """Lines about an index: its size, its structure, the measured recall, and its lexical part."""
    built, counts = index.header["structure"], index.header["counts"]
    deleted = f", {counts['deleted']:,} deleted" if counts["deleted"] else ""
    width = "" if built["width"] is None else f", width {built['width']}"
    whitened = ", whitened" if index.whitening else ""
    return (
        f"{counts['texts']:,} texts{deleted}, {index.size} numbers each ({index.vectors.dtype}{whitened}), {index.metric}\n"
        f"{built['kind']}: {built['reason']}\n"
        f"recall@10 against exact search, measured on texts of the index: {built['recall']:.3f}{width}\n{_format_lexical(index)}"
    )


def _format_lexical(index):
    if index.lexical is None:
        return "no words counted: --add_lexical adds what `search --hybrid` and `--lexical` need"
    weights = index.header.get("fusion")
    chosen = f"; weights of --hybrid: {weights['vectors']:g} vectors, {weights['lexical']:g} words" if weights else ""
    return f"{len(index.lexical.terms):,} words and characters for BM25{chosen}"
