"""The index of a file's texts: encoded, which may be interrupted, and written under its lock. `run.py index` stands on it."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from baselines.errors import InputError
from baselines.retrieval.vector_index import changing
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.retrieval.vector_index.whitening import Whitening
from baselines.runtime.progress import StageProgress
from baselines.storage.folder_lock import only_builder
from baselines.workflows.text_encoding import Options, encode_source, partial_folder


@dataclasses.dataclass(frozen=True)
class IndexOptions:
    """See changing.create and vector_file.Options."""

    metric: str = "cosine"
    kind: str = "auto"
    recall: float = changing.RECALL
    half: bool = False
    whitening: int = 0


def build_index(embedder, source, folder, options, display):
    """Encodes the texts of a Source and makes the index `folder` of them; an interrupted call goes on. Returns it, opened."""
    folder = Path(folder)
    with only_builder(folder):
        changing.require_replaceable(folder)
        encoding = Options(options.metric == "cosine", options.half, options.whitening)
        part, whitening, _ = encode_source(embedder, source, partial_folder(folder), encoding, display)
        index = create(folder, part.open(), source, embedder.about(), options, whitening, display)
        part.remove()
    return index


def index_of_vectors(path, source, folder, options, display):
    """As `build_index`, of a file that `run.py encode` made of the same texts; no model is needed."""
    folder, path = Path(folder), Path(path)
    about = read_about(path)
    with only_builder(folder):
        changing.require_replaceable(folder)
        if source.survey().digest != about["digest"]:
            raise InputError(f"{path}: expected the vectors of {source.path}. Received: those of other texts. Encode it anew.")
        if about["normalize"] and options.metric == "ip":
            raise InputError(f"{path}: expected vectors as they are, for ip. Received: of length 1. See encode --no_normalize.")
        whitening = None
        if about["whitening"]:
            with loaded(path.with_name(f"{path.name}.whitening.npz")) as kept:
                whitening = Whitening(kept["mean"], kept["matrix"])
        vectors = loaded(path)
        if vectors.shape[:1] != (about["texts"],):
            raise InputError(f"{path}: expected {about['texts']:,} rows. Received: shape {vectors.shape}. Encode the texts anew.")
        return create(folder, vectors, source, about["model"], options, whitening, display)


def loaded(path):
    """A file of NumPy's, in its memory where it is one array. Raises InputError for another one."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected a file of `run.py encode`. Received: {error}. Encode the texts anew.") from None


def create(folder, vectors, source, model, options, whitening, display):
    rows = ((id, row) for id, _, row in source.read())
    values = dataclasses.asdict(options) | {"whitening": whitening}
    with StageProgress(display) as report:
        return changing.create(folder, vectors, rows, model, source.field, report=report, **values)


def read_about(path):
    """What `encode` wrote beside a file of vectors."""
    beside = path.with_name(f"{path.name}.json")
    try:
        about = json.loads(beside.read_text(encoding="utf-8"))
        about["texts"], about["digest"], about["model"], about["normalize"], about["whitening"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"{path}: expected vectors by `run.py encode`, with {beside.name} beside them. Received: none.") from None
    return about


def add_to_index(embedder, source, folder, display):
    """Encodes the texts of a Source and adds them. Raises InputError for another model than the index's. Returns it, opened."""
    folder = Path(folder)
    with only_builder(folder):
        index = VectorIndex.open(folder)
        index.require_model(embedder.fingerprint(), embedder.name)
        if source.field != index.header["text"]:
            raise InputError(
                f"{source.path}: expected texts in the field {index.header['text']!r}, as in the index. Received: {source.field!r}."
            )
        encoding = Options(index.metric == "cosine", index.header["asked"]["half"])
        part, _, _ = encode_source(embedder, source, partial_folder(folder), encoding, display, index.whitening)
        rows = ((id, row) for id, _, row in source.read())
        with StageProgress(display) as report:
            index = changing.add(folder, part.open(), rows, report)
        part.remove()
    return index


def delete_from_index(folder, words, display):
    """Takes out the texts whose ids are written so: 17 is the number, or the text where no id is that number."""
    folder = Path(folder)
    with only_builder(folder), StageProgress(display) as report:
        index = VectorIndex.open(folder)
        both = [*words, *(int(word) for word in words if word.isdecimal())]
        known = index.items.places(both, ~index.deleted)
        ids = [int(word) if word.isdecimal() and int(word) in known else word for word in words]
        return changing.delete(folder, ids, report)


def shown(index):
    """What an index is, in lines."""
    told, counts = index.header["structure"], index.header["counts"]
    deleted = f", {counts['deleted']:,} deleted" if counts["deleted"] else ""
    width = "" if told["width"] is None else f", width {told['width']}"
    whitened = ", whitened" if index.whitening else ""
    return (
        f"{counts['texts']:,} texts{deleted}, {index.size} numbers each ({index.vectors.dtype}{whitened}), {index.metric}\n"
        f"{told['kind']}: {told['reason']}\n"
        f"recall@10 against exact search, measured on texts of the index: {told['recall']:.3f}{width}"
    )
