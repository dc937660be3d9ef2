"""encode, index and kg build die at every change of the file system: what is left is old or new, and the next run completes it."""

import json
import os
import shutil

import numpy as np
import pytest
from kill_points import kill_points

from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.heads.embedding import unit_vectors
from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.string_table import KeyTokenizer
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.runtime.progress import Display
from baselines.storage.folder_lock import only_builder
from baselines.workflows.text_encoding import EncodingOptions, encode_file
from baselines.workflows.vector_files import read_vectors
from baselines.workflows.vector_indexing import IndexOptions, add_to_index, build_index, delete_from_index, index_of_vectors

QUIET = Display(quiet=True)


class Letters:
    """A TextEmbedder of one vector per text, which depends on the model's name."""

    dimensions, max_length, pooling = 3, 16, "mean"

    def __init__(self, name):
        self.name = name

    def fingerprint(self):
        return f"weights of {self.name}"

    def about(self):
        return {"fingerprint": self.fingerprint(), "source": self.name, "pooling": "mean", "max_length": 16}

    def tokens(self, texts):
        return [np.array([1, *map(ord, text), 2]) for text in texts]

    def encode_tokens(self, tokens, normalize=True):
        vectors = np.array([[len(ids), ids[1] % 97, ids.sum() % len(self.name)] for ids in tokens], np.float32) + 1
        return unit_vectors(vectors) if normalize else vectors


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch):
    """The machine itself does not die here, and disks are slow."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def texts_file(path, texts, with_ids):
    rows = [{"text": text, **({"id": f"q{number}"} if with_ids else {})} for number, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Source(str(path))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "data").mkdir()
    old = texts_file(tmp_path / "data" / "old.jsonl", ["ab", "cd", "efg", "h"], with_ids=True)
    return old, texts_file(tmp_path / "data" / "new.jsonl", ["xy", "z", "uvw", "rst", "q"], with_ids=False)


def restore(folder, kept):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(kept, folder)


@pytest.mark.parametrize("whitening", [(2, 0), (0, 2)])
def test_encoding_over_older_vectors_never_mixes_two_models(tmp_path, sources, whitening, monkeypatch):
    out, kept = tmp_path / "out", tmp_path / "kept"
    options = [EncodingOptions(whitening=size) for size in whitening]

    def encode(model, source, option):
        with only_builder(out / "v.npy"):
            encode_file(Letters(model), source, out / "v.npy", option, QUIET)

    def content():
        vectors, about, _ = read_vectors(out / "v.npy")
        ids = (out / "v.npy.ids").read_text() if (out / "v.npy.ids").exists() else None
        return np.array(vectors).tolist(), about["model"]["source"], about["texts"], ids

    out.mkdir()
    encode("new", sources[1], options[1])
    new, new_names = content(), names(out)
    shutil.rmtree(out)
    encode("old model", sources[0], options[0])
    old = content()
    shutil.copytree(out, kept)
    seen, deaths = set(), 0
    for run in kill_points(monkeypatch, tmp_path):
        with run:
            encode("new", sources[1], options[1])
        deaths += run.died
        try:
            left = content()
        except InputError as error:
            assert "Run `encode` again" in str(error)
            seen.add("refused")
        else:
            assert left in (old, new), run.deadline
            seen.add("old" if left == old else "new")
        encode("new", sources[1], options[1])
        assert content() == new and names(out) == new_names, run.deadline
        restore(out, kept)
    assert seen == {"old", "refused", "new"} and deaths > 30


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("verb", ["build", "vectors", "add", "delete"])
def test_an_index_is_the_old_or_the_new_one(tmp_path, sources, verb, exchange, monkeypatch):
    folder, kept, model = tmp_path / "out" / "index", tmp_path / "kept", Letters("model")
    encode_file(model, sources[1], tmp_path / "v.npy", EncodingOptions(), QUIET)
    actions = {
        "build": lambda: build_index(model, sources[1], folder, IndexOptions(), QUIET),
        "vectors": lambda: index_of_vectors(tmp_path / "v.npy", sources[1], folder, IndexOptions(), QUIET),
        "add": lambda: add_to_index(model, sources[1], folder, QUIET),
        "delete": lambda: delete_from_index(folder, ["q1"], QUIET),
    }

    def content():
        index = VectorIndex.open(folder, verify=True)
        return [(index.item(n), index.vectors[n].tolist(), bool(index.deleted[n])) for n in range(len(index.vectors))]

    build_index(model, sources[0], folder, IndexOptions(), QUIET)
    old = content()
    shutil.copytree(folder.parent, kept)
    actions[verb]()
    new = content()
    restore(folder.parent, kept)
    seen = set()
    for run in kill_points(monkeypatch, tmp_path, exchange):
        with run:
            actions[verb]()
        left = content()
        assert left in (old, new), run.deadline
        seen.add(left == new)
        if left == old:
            actions[verb]()
        else:                                                           # done: what the killed one left is the next one's to remove
            build_index(model, sources[1], folder, IndexOptions(), QUIET)
        assert names(folder.parent) == ["index"], run.deadline
        assert left == new or content() == new
        restore(folder.parent, kept)
    assert seen == {True, False}


@pytest.mark.parametrize("exchange", [True, False])
def test_an_index_of_keys_is_the_old_or_the_new_one(tmp_path, exchange, monkeypatch):
    folder, kept, data = tmp_path / "out" / "kg", tmp_path / "kept", tmp_path / "kg.txt"
    spelling = KeyTokenizer(lambda texts: [[ord(letter) % 50 + 3 for letter in text] for text in texts], "letters", 60, 1, 2)

    def write(lines):
        data.write_text(lines, encoding="utf-8")
        build(data, folder, spelling)

    def content():
        index = PrefixIndex.open(folder, verify=True)
        return [index.entry(key) for key in range(len(index))]

    write("a\tb\tc\n")
    old = content()
    shutil.copytree(folder.parent, kept)
    write("x\ty\tz\nu\tv\tw\n")
    new = content()
    restore(folder.parent, kept)
    seen = set()
    for run in kill_points(monkeypatch, tmp_path, exchange):
        with run:
            write("x\ty\tz\nu\tv\tw\n")
        left = content()
        assert left in (old, new), run.deadline
        seen.add(left == new)
        write("x\ty\tz\nu\tv\tw\n")
        assert content() == new and names(folder.parent) == ["kg"], run.deadline
        restore(folder.parent, kept)
    assert seen == {True, False}
