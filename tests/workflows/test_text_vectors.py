"""Vectors of texts, from the model to encode, index, search and distance: a tiny SimBERT does all of it."""

import csv
import gzip
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import ROOT, TITLES, command, refused, write_lines

from baselines.data.readers.texts import Source
from baselines.errors import InputError
from baselines.inference.paraphraser import Paraphraser
from baselines.inference.semantic_search import SemanticSearch
from baselines.inference.text_embedder import TextEmbedder
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.runtime.progress import Display
from baselines.storage.folder_lock import only_builder
from baselines.training import backends
from baselines.workflows import text_encoding

TEXTS = [title for titles in TITLES.values() for title in titles]


@pytest.fixture(scope="module")
def embedder(simbert_run):
    return TextEmbedder.from_run(simbert_run)


@pytest.fixture(scope="module")
def made_index(simbert_run, made_once):
    """The folder of an index of TEXTS, with an answer for each. Tests must copy what they change."""

    def make(folder):
        rows = [{"text": text, "answer": number} for number, text in enumerate(TEXTS)]
        data = write_lines(simbert_run.parent / "texts.jsonl", rows)
        command("index", "--run", simbert_run, "--input", data, "--out", folder, "--quiet")

    return made_once("index_of_titles", make)


@pytest.mark.keras
def test_a_batch_gives_what_each_text_gives_alone(embedder):
    texts = [*TEXTS, "国", TEXTS[0] * 9]                                 # the last is longer than the model takes
    vectors = embedder.encode(texts)
    assert vectors.shape == (len(texts), embedder.dimensions) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts[::6], vectors[::6], strict=True):
        np.testing.assert_allclose(embedder.encode([text])[0], vector, atol=1e-5)
    again, counts = embedder.embed(texts)
    np.testing.assert_array_equal(again, vectors)
    assert counts == [min(len(text) + 2, embedder.max_length) for text in texts]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX compiles for each shape")
def test_where_any_shape_is_quick_batches_are_as_long_as_their_texts(simbert_run, monkeypatch):
    devices = backends.devices()
    texts = [text[:length] for length, text in zip(itertools.cycle(range(1, 8)), TEXTS * 4, strict=False)]
    monkeypatch.setattr("baselines.inference.text_embedder.CACHED_TOKENS", 64)
    assert devices.any_shape() != bool(devices.tf.config.list_logical_devices("GPU"))
    monkeypatch.setattr(devices, "any_shape", lambda: True)
    few = TextEmbedder.from_run(simbert_run)
    shapes = []
    predict = lambda *each: shapes.append(each[1]["token_ids"].shape) or TextEmbedder._predict(few, *each)  # noqa: E731
    monkeypatch.setattr(few, "_predict", predict)
    vectors = few.encode(texts)
    assert sum(rows for rows, _ in shapes) == len(texts) and {length for _, length in shapes} == set(range(3, 10))
    assert few._steps["vectors"].traces <= 3
    monkeypatch.setattr(devices, "any_shape", lambda: False)
    fixed = TextEmbedder.from_run(simbert_run)
    np.testing.assert_allclose(vectors, fixed.encode(texts), atol=1e-5)


@pytest.mark.keras
def test_vectors_are_the_trained_models_own(embedder, simbert_run):
    task_model = Paraphraser.from_run(simbert_run).generator._task_model
    features = task_model.tokenizer.encode_batch(TEXTS[:3], task_model.recipe.max_length)
    expected = keras.ops.convert_to_numpy(task_model.model(features)["embedding"])
    np.testing.assert_allclose(embedder.encode(TEXTS[:3], normalize=False), expected, atol=1e-5)
    assert embedder.pooling == "first" and embedder.task_name == "simbert"


@pytest.mark.keras
def test_poolings_are_what_they_say(simbert_run):
    made = {name: TextEmbedder.from_checkpoint(simbert_run / "best", name, max_length=24) for name in ("first", "mean", "pooler")}
    encoder = made["mean"]._encoder
    features = made["mean"].tokenizer.encode_batch([TEXTS[0]], 24)
    states = keras.ops.convert_to_numpy(encoder(features)["hidden_states"])[0]
    for pooling, expected in {"first": states[0], "mean": states.mean(0)}.items():
        np.testing.assert_allclose(made[pooling].encode([TEXTS[0]], normalize=False)[0], expected, atol=1e-5)
    np.testing.assert_allclose(made["mean"].token_vectors([TEXTS[0]])[0], states[1:-1], atol=1e-5)
    pooler = made["pooler"]._encoder.get_layer("Pooler-Dense")
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in pooler.weights)
    np.testing.assert_allclose(made["pooler"].encode([TEXTS[0]], normalize=False)[0], states[0] @ kernel + bias, atol=1e-5)
    assert len({each.fingerprint() for each in made.values()}) == 3
    again = TextEmbedder.from_checkpoint(simbert_run / "best", "mean", max_length=24)
    assert again.fingerprint() == made["mean"].fingerprint()


def test_any_run_makes_vectors_but_no_other_than_it_was_trained_for(tiny_run, simbert_run):
    assert TextEmbedder.from_run(tiny_run.run).pooling == "mean"
    with pytest.raises(InputError, match="simbert/simbert was trained with first"):
        TextEmbedder.from_run(simbert_run, pooling="mean")
    with pytest.raises(InputError, match="Did you mean mean"):
        TextEmbedder.from_checkpoint(simbert_run / "best", "men")
    with pytest.raises(InputError, match="Text 2 has no words"):
        TextEmbedder.from_run(tiny_run.run).encode(["国", "\u200b"])


@pytest.mark.parametrize("name", ["texts.txt", "texts.jsonl", "texts.csv.gz"])
def test_encode_writes_a_row_for_each_text_of_any_format(embedder, simbert_run, tmp_path, name):
    path = tmp_path / name
    if name.endswith("txt"):
        path.write_text("\n".join(TEXTS), encoding="utf-8")
    elif name.endswith("jsonl"):
        write_lines(path, [{"id": f"q{number}", "text": text} for number, text in enumerate(TEXTS)])
    else:
        with gzip.open(path, "wt", encoding="utf-8") as file:
            csv.writer(file).writerows([["title", "key"], *([text, number] for number, text in enumerate(TEXTS))])
    flags = ["--text", "title", "--id", "key"] if "csv" in name else []
    command("encode", "--run", simbert_run, "--input", path, "--output", tmp_path / "v.npy", "--quiet", *flags)
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), embedder.encode(TEXTS), atol=1e-5)
    ids = tmp_path / "v.npy.ids"
    assert not name.endswith("txt") or not ids.exists()
    if ids.exists():
        known = [json.loads(line) for line in ids.read_text().splitlines()]
        assert known == ([str(n) for n in range(len(TEXTS))] if "csv" in name else [f"q{n}" for n in range(len(TEXTS))])
    about = json.loads((tmp_path / "v.npy.json").read_text())
    assert about["texts"] == len(TEXTS) and about["model"]["fingerprint"] == embedder.fingerprint()
    assert not list(tmp_path.glob(".*"))


def test_half_and_whitened_vectors(embedder, simbert_run, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    flags = ["--input", tmp_path / "texts.txt", "--output", tmp_path / "v.npy", "--quiet", "--fp16", "--no_normalize"]
    command("encode", "--run", simbert_run, *flags, "--whitening", 4)
    found = np.load(tmp_path / "v.npy")
    assert found.dtype == np.float16 and found.shape == (len(TEXTS), 4)
    np.testing.assert_allclose(np.cov(found.astype(float), rowvar=False, bias=True), np.eye(4), atol=0.05)


def partial_folder(folder):
    """The only hidden folder of vectors on their way."""
    (found,) = folder.glob(".v.npy.*.encoding")
    return found


class Interrupting:
    """An embedder that is stopped in its third call of encode_tokens."""

    def __init__(self, embedder, calls=3):
        self._embedder, self._calls = embedder, calls

    def __getattr__(self, name):
        return getattr(self._embedder, name)

    def encode_tokens(self, *arguments, **options):
        self._calls -= 1
        if not self._calls:
            raise KeyboardInterrupt
        return self._embedder.encode_tokens(*arguments, **options)


@pytest.mark.parametrize("whitening", [0, 3])
def test_interrupted_encoding_goes_on_to_the_same_file(embedder, tmp_path, monkeypatch, whitening):
    monkeypatch.setattr(text_encoding, "CHUNK_SIZE", 4)
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    source, options = Source(str(tmp_path / "texts.txt")), text_encoding.EncodingOptions(whitening=whitening)
    calls = 3 if not whitening else 3 + -(-len(TEXTS) // 4)
    with Display(quiet=True) as display:
        with pytest.raises(text_encoding.EncodingStopped, match="8 of 18 texts are embedded and kept"):
            text_encoding.encode_file(Interrupting(embedder, calls), source, tmp_path / "v.npy", options, display)
        assert not (tmp_path / "v.npy").exists()
        with open(partial_folder(tmp_path) / "vectors.npy", "ab") as file:
            file.write(b"of a chunk that was not finished")
        counting = Interrupting(embedder, 10**6)
        text_encoding.encode_file(counting, source, tmp_path / "v.npy", options, display)
        assert 10**6 - counting._calls == 3                             # of 5 chunks, and no whitening anew
        text_encoding.encode_file(embedder, source, tmp_path / "whole.npy", options, display)
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), np.load(tmp_path / "whole.npy"))


def test_other_texts_or_options_do_not_go_on(embedder, tmp_path, monkeypatch):
    monkeypatch.setattr(text_encoding, "CHUNK_SIZE", 4)
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    source = Source(str(tmp_path / "texts.txt"))
    with Display(quiet=True) as display:
        with pytest.raises(text_encoding.EncodingStopped):
            text_encoding.encode_file(Interrupting(embedder), source, tmp_path / "v.npy", text_encoding.EncodingOptions(), display)
        (tmp_path / "texts.txt").write_text("\n".join(TEXTS[::-1]), encoding="utf-8")
        text_encoding.encode_file(embedder, source, tmp_path / "v.npy", text_encoding.EncodingOptions(), display)
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), embedder.encode(TEXTS[::-1]), atol=1e-5)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_encoding_survives_kill_9(simbert_run, tmp_path):
    """The process dies in the middle of a chunk; the next one goes on, and the file appears whole."""
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    script = (
        "import os, signal, sys; from baselines.cli.main import main; from baselines.workflows import text_encoding\n"
        "text_encoding.CHUNK_SIZE = 4; append = text_encoding.PartialVectors.append\n"
        "def dies(self, vectors):\n"
        "    append(self, vectors)\n"
        "    if self.done == 12: os.kill(os.getpid(), signal.SIGKILL)\n"
        "text_encoding.PartialVectors.append = dies\n"
        "main(sys.argv[1:])"
    )
    words = ["encode", "--run", simbert_run, "--input", tmp_path / "texts.txt", "--output", tmp_path / "v.npy"]
    died = subprocess.run([sys.executable, "-c", script, *map(str, words)], cwd=ROOT, capture_output=True)
    assert died.returncode == -signal.SIGKILL and not (tmp_path / "v.npy").exists()
    state = json.loads((partial_folder(tmp_path) / "state.json").read_text())
    assert state["done"] == 12
    command(*words)
    assert np.load(tmp_path / "v.npy").shape[0] == len(TEXTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.txt", "v.npy", "v.npy.json"]


def test_search_finds_texts_with_their_rows(made_index, capsys):
    searcher = SemanticSearch.open(made_index)
    found, vectors = searcher.search(TEXTS[4], k=3), searcher.embedder.encode(TEXTS)
    cosines = vectors @ vectors[4]                                      # a tiny model's are so alike that their order is rounding
    assert [item["score"] for item in found] == pytest.approx(np.sort(cosines)[::-1][:3].tolist(), abs=1e-5)
    for item in found:
        place = TEXTS.index(item["text"])
        assert item["score"] == pytest.approx(cosines[place], abs=1e-5)
        assert item["metadata"] == {"text": TEXTS[place], "answer": place} and item["id"] == place + 1
    for again in (searcher.search(TEXTS[4], vectors[4], k=3), searcher.search_many(TEXTS[4:5], k=3)[0]):
        assert [item["score"] for item in again] == pytest.approx([item["score"] for item in found], abs=1e-5)
    assert (searcher.size, searcher.rerankers, searcher.model) == (len(TEXTS), ("wmd", "wrd"), "simbert/simbert")
    capsys.readouterr()
    command("search", made_index, TEXTS[4], "-k", 99, "--quiet")
    assert len(capsys.readouterr().out.splitlines()) == len(TEXTS)


@pytest.mark.keras
@pytest.mark.parametrize("kind", ["wmd", "wrd"])
def test_reranking_is_the_exact_order(made_index, kind):
    from baselines.retrieval.distances.word_movers import wmd
    from baselines.retrieval.distances.word_rotators import wrd

    searcher, query = SemanticSearch.open(made_index), TEXTS[3][:4]
    found = searcher.search(query, k=5, rerank=kind)
    own, *others = searcher.embedder.token_vectors([query, *TEXTS])
    exact = [(wmd if kind == "wmd" else wrd)(own, other) for other in others]
    assert [item["text"] for item in found] == [TEXTS[place] for place in np.argsort(exact, kind="stable")[:5]]
    assert [item["distance"] for item in found] == pytest.approx(sorted(exact)[:5], abs=1e-4)


def test_texts_come_and_go_by_command(made_index, simbert_run, tmp_path, capsys):
    index = shutil.copytree(made_index, tmp_path / "index")
    more = write_lines(tmp_path / "more.jsonl", [{"id": "new", "text": "门将扑出点球了"}, {"id": 100, "text": "夜市"}])
    command("index", "--out", index, "--input", more, "--add", "--quiet")
    command("index", "--out", index, "--delete", "new", "3", "--quiet")
    command("index", "--out", index)
    assert "18 texts, 2 deleted" in capsys.readouterr().err
    command("search", index, "--input", more, "--output", tmp_path / "found.jsonl", "-k", 18, "--quiet")
    lines = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["new", 100]
    assert sorted(item["id"] for item in lines[1]["found"]) == [1, 2, *range(4, 19), 100]
    assert "has no text with the id 3" in refused(capsys, "index", "--out", index, "--delete", "3").replace("'", "")
    assert "The id 100 occurs twice" in refused(capsys, "index", "--out", index, "--input", more, "--add")


def test_vectors_that_were_encoded_before_become_an_index(embedder, simbert_run, tmp_path, capsys):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    given = ["--input", tmp_path / "texts.txt"]
    command("encode", "--run", simbert_run, *given, "--output", tmp_path / "v.npy", "--whitening", 4, "--quiet")
    command("index", "--vectors", tmp_path / "v.npy", *given, "--out", tmp_path / "index", "--quiet")
    found = SemanticSearch.open(tmp_path / "index").search(TEXTS[2], embedder.encode([TEXTS[2]])[0], k=1)
    assert found[0]["text"] == TEXTS[2] and found[0]["score"] == pytest.approx(1, abs=1e-3)
    assert VectorIndex.open(tmp_path / "index").size == 4
    whole = (tmp_path / "v.npy").read_bytes()
    os.truncate(tmp_path / "v.npy", 200)
    told = refused(capsys, "index", "--vectors", tmp_path / "v.npy", *given, "--out", tmp_path / "index", "--quiet")
    assert "v.npy is not the file that v.npy.json was written for" in told
    (tmp_path / "v.npy").write_bytes(whole)
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS[:5]), encoding="utf-8")
    told = refused(capsys, "index", "--vectors", tmp_path / "v.npy", *given, "--out", tmp_path / "index", "--quiet")
    assert "its vectors are not those of" in told


def test_another_model_is_refused(made_index, tiny_run, capsys):
    told = refused(capsys, "search", made_index, "国", "--run", tiny_run.run)
    assert "was made by" in told and "clue/tnews/run has other weights" in told
    assert "--run DIR" in refused(capsys, "search", made_index, "国", "--run", tiny_run.run / "nothing")


def test_bad_input_is_one_line(made_index, simbert_run, tiny_run, tmp_path, capsys):
    lines, bad = tmp_path / "texts.txt", tmp_path / "bad.txt"
    lines.write_text("\n".join(TEXTS), encoding="utf-8")
    bad.write_text("国\n\n足", encoding="utf-8")
    encode = ["encode", "--run", simbert_run, "--output", tmp_path / "v.npy", "--quiet"]
    assert "bad.txt:2: text is not a text, or is empty" in refused(capsys, *encode, "--input", bad)
    command(*encode, "--input", bad, "--skip_empty")
    assert np.load(tmp_path / "v.npy").shape[0] == 2
    assert "Give --run DIR or --init" in refused(capsys, "encode", "--input", lines, "--output", tmp_path / "v.npy")
    assert "does not end in .npy" in refused(capsys, *encode[:3], "--input", lines, "--output", tmp_path / "v.txt")
    assert "Choose 1 to" in refused(capsys, *encode, "--input", lines, "--whitening", 99)
    empty = tmp_path / "empty.txt"
    empty.touch()
    assert "holds no text" in refused(capsys, *encode, "--input", empty)
    rows = write_lines(tmp_path / "rows.jsonl", [{"id": 1, "title": "国"}, {"id": 1, "title": "足"}])
    assert "Name yours with --text" in refused(capsys, *encode, "--input", rows)
    index = ["index", "--run", simbert_run, "--out", tmp_path / "index", "--quiet"]
    assert "The id 1 occurs twice" in refused(capsys, *index, "--input", rows, "--text", "title")
    assert "Did you mean cosine" in refused(capsys, *index, "--input", lines, "--metric", "cosin")
    with only_builder(tmp_path / "index"):
        assert "another process" in refused(capsys, *index, "--input", lines)
    assert "is not a vector index" in refused(capsys, "search", tiny_run.run, "国")
    told = refused(capsys, "search", made_index, "国", "--rerank", "wrdd")
    assert "there is no run at wrdd. Give the folder of a `rerank` run, wmd or wrd" in told
    assert "at least 1" in refused(capsys, "search", made_index, "国", "-k", 0)
    assert "a text is empty" in refused(capsys, "search", made_index, " ")
    assert "Give two texts" in refused(capsys, "distance", "--run", simbert_run, "国")
    assert "does not embed texts" in refused(capsys, "paraphrase", "--run", tiny_run.run, "国")
    assert "at least --num" in refused(capsys, "paraphrase", "--run", simbert_run, "国", "--samples", 3)


def test_distance_tells_all_ways_to_compare(simbert_run, capsys):
    command("distance", "--run", simbert_run, TEXTS[0], TEXTS[0][:4] + "了")
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["cosine", "wmd", "wrd", "lcs"]
