"""One run of SimBERT from its folder to a server, with an index of its vectors: vectors, search, paraphrases and texts."""

import numpy as np
import pytest
from conftest import TITLES, write_lines

from baselines.cli.main import main
from baselines.errors import InputError

TEXTS = [title for titles in TITLES.values() for title in titles]


@pytest.fixture(scope="module")
def folders(tiny, tmp_path_factory):
    """Of a run of simbert, and of an index of TEXTS that it made."""
    from baselines.data.readers.texts import Source
    from baselines.inference.text_embedder import TextEmbedder
    from baselines.runtime.progress import Display
    from baselines.workflows.vector_indexing import IndexOptions, build_index

    folder = tmp_path_factory.mktemp("similar")
    groups = write_lines(folder / "groups.jsonl", [{"text": one, "synonyms": more} for one, *more in TITLES.values()])
    flags = tiny.flags(output=folder / "run", train=groups, dev=groups, epochs=1, batch_size=4, max_length=24, quiet=True)
    assert main(["train", "simbert", *flags, "--pooling", "mean", "--paraphrases", "0"]) == 0
    texts = write_lines(folder / "texts.jsonl", [{"id": f"t{number}", "text": text} for number, text in enumerate(TEXTS)])
    embedder = TextEmbedder.from_run(folder / "run")
    build_index(embedder, Source(str(texts)), folder / "titles.index", IndexOptions(), Display(quiet=True))
    return folder / "run", folder / "titles.index"


@pytest.fixture(scope="module")
def client(folders):
    from starlette.testclient import TestClient

    from baselines.runtime.progress import Display
    from baselines.serving.app import create_app
    from baselines.serving.limits import Access, Limits
    from baselines.serving.model_loading import load_models

    hosted = load_models([folders[0]], rows=2, max_queue=4, display=Display(quiet=True), indexes=[str(folders[1])])
    with TestClient(create_app(hosted, Limits(max_queue=4), Access())) as client:
        yield client


@pytest.mark.keras
def test_vectors_are_those_of_the_run_whoever_else_asks(client, folders):
    from baselines.inference.text_embedder import TextEmbedder

    found = client.post("/v1/embeddings", json={"model": "simbert", "input": TEXTS}).json()
    vectors = np.array([each["embedding"] for each in found["data"]])
    np.testing.assert_allclose(vectors, TextEmbedder.from_run(folders[0]).encode(TEXTS), atol=1e-5)
    assert found["usage"]["prompt_tokens"] == sum(len(text) + 2 for text in TEXTS)
    alone = client.post("/v1/embeddings", json={"input": TEXTS[3], "dimensions": 16}).json()["data"][0]["embedding"]
    np.testing.assert_allclose(alone, vectors[3], atol=1e-5)


def test_a_text_of_the_index_finds_itself_with_its_row(client):
    body = client.post("/search", json={"query": TEXTS[7], "k": 3}).json()
    assert body["index"] == "titles" and body["model"] == "simbert/run" and len(body["data"]) == 3
    first = body["data"][0]
    assert (first["id"], first["text"], first["metadata"]) == ("t7", TEXTS[7], {"id": "t7", "text": TEXTS[7]})
    assert first["score"] == pytest.approx(1, abs=1e-4)
    reranked = client.post("/search", json={"query": TEXTS[7], "k": 3, "rerank": "wrd"}).json()["data"]
    assert reranked[0]["id"] == "t7" and reranked[0]["distance"] == pytest.approx(0, abs=1e-4)
    assert [each["size"] for each in client.get("/search").json()["data"]] == [len(TEXTS)]


def test_the_same_run_paraphrases_and_writes(client):
    body = client.post("/paraphrase", json={"text": TEXTS[0], "num": 2, "samples": 32, "top_k": 0, "seed": 1}).json()
    texts, similar = [each["text"] for each in body["data"]], [each["similarity"] for each in body["data"]]
    assert len(texts) == 2 and similar == sorted(similar, reverse=True) and TEXTS[0] not in texts
    assert client.post("/v1/completions", json={"prompt": TEXTS[0], "max_tokens": 4}).status_code == 200
    (model,) = client.get("/v1/models").json()["data"]
    assert (model["id"], model["kind"], model["dimensions"]) == ("simbert/run", "seq2seq", 16)
    assert client.get("/predict").json()["data"] == []


def test_an_index_needs_the_run_that_made_it(folders, tiny_run, tmp_path):
    from baselines.runtime.progress import Display
    from baselines.serving.model_loading import load_models

    for indexes, told in (
        ([folders[1]], "the run that made its vectors"), ([tmp_path / "none"], "there is no index at"),
        ([tmp_path], "no run of --run answers from an index"), ([tmp_path, tiny_run.run], "runs answer from one index only"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=told):
            load_models([tiny_run.run], 2, 4, Display(quiet=True), list(map(str, indexes)))
