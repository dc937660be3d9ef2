"""/v1/embeddings, /search and /paraphrase: answers, refusals by parameter, and texts of many users in one pass."""

import base64
import concurrent.futures
import threading
import time

import numpy as np
import pytest
from parrot import Letters, make_app, serving
from starlette.testclient import TestClient

from baselines.serving.api_error import ApiError
from baselines.serving.limits import Access, Limits
from baselines.serving.workers.embedding import BATCH_SIZE, EmbeddingWorker

EMBED, RUN = "/v1/embeddings", "simbert/letters"


@pytest.fixture(scope="module")
def client():
    with TestClient(make_app(similar=True), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def thread():
    """Call it with a pause and a queue: a started EmbeddingWorker of Letters."""
    started = []

    def start(pause=0.0, max_queue=8):
        started.append(EmbeddingWorker("letters", Letters(pause), max_queue))
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.close()


def vectors(response):
    return np.array([each["embedding"] for each in response.json()["data"]], np.float32)


def test_vectors_of_one_text_and_of_several_in_their_order(client):
    several = client.post(EMBED, json={"input": ["你好吗", "今天", "你好"], "model": RUN})
    found, expected = vectors(several), Letters().embed(["你好吗", "今天", "你好"])[0]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    body = several.json()
    assert (body["object"], body["model"], [each["index"] for each in body["data"]]) == ("list", RUN, [0, 1, 2])
    assert body["usage"] == {"prompt_tokens": 13, "total_tokens": 13}
    np.testing.assert_array_equal(vectors(client.post(EMBED, json={"input": "你好吗"})), found[:1])


def test_base64_is_the_same_numbers(client):
    asked = {"input": ["你好", "今天"], "encoding_format": "base64"}
    found = [np.frombuffer(base64.b64decode(each["embedding"]), "<f4") for each in client.post(EMBED, json=asked).json()["data"]]
    np.testing.assert_array_equal(np.array(found), vectors(client.post(EMBED, json={**asked, "encoding_format": "float"})))


def test_the_official_client_gets_vectors():
    openai = pytest.importorskip("openai", reason="openai is not installed: pip install -r requirements-dev.txt")
    with serving(make_app(access=Access(api_key="sesam"), similar=True)) as address:
        with openai.OpenAI(base_url=f"{address}/v1", api_key="sesam", max_retries=0) as client:
            found = client.embeddings.create(model="simbert", input=["你好", "今天天气"])
            np.testing.assert_allclose([each.embedding for each in found.data], Letters().embed(["你好", "今天天气"])[0], atol=1e-6)
            assert found.usage.total_tokens == 10
            with pytest.raises(openai.BadRequestError, match="token ids are not supported"):
                client.embeddings.create(model="simbert", input=[[101, 102]])
            with pytest.raises(openai.NotFoundError):
                client.embeddings.create(model="seq2seq", input="你好")


@pytest.mark.parametrize(
    ("path", "body", "param", "code", "words"),
    [
        (EMBED, {}, "input", "invalid_value", "Missing required"),
        (EMBED, {"input": ""}, "input", "invalid_value", "an empty string"),
        (EMBED, {"input": []}, "input", "invalid_value", "an array of strings"),
        (EMBED, {"input": ["你好", "\x00"]}, "input", "invalid_value", "control characters only"),
        (EMBED, {"input": [1, 2]}, "input", "invalid_value", "token ids are not supported"),
        (EMBED, {"input": ["好"] * 2049}, "input", "invalid_value", "at most 2048"),
        (EMBED, {"input": "你好", "dimensions": 8}, "dimensions", "invalid_value", "which all vectors of this model have"),
        (EMBED, {"input": "你好", "encoding_format": "hex"}, "encoding_format", "invalid_value", "float"),
        (EMBED, {"input": "你好", "dimension": 8}, "dimension", "unknown_parameter", "Did you mean dimensions?"),
        ("/search", {"query": " "}, "query", "invalid_value", "spaces"),
        ("/search", {"query": "你好", "k": 0}, "k", "invalid_value", ">= 1"),
        ("/search", {"query": "你好", "k": 1001}, "k", "invalid_value", "1000"),
        ("/search", {"query": "你好", "rerank": "wrd"}, "rerank", "invalid_value", "one of length"),
        ("/search", {"query": "你好", "by": "hybrid"}, "by", "invalid_value", "one of vectors, lexical"),
        ("/search", {"query": "你好", "top_k": 3}, "top_k", "unknown_parameter", "k"),
        ("/paraphrase", {"text": ""}, "text", "invalid_value", "an empty string"),
        ("/paraphrase", {"text": "你好", "num": 0}, "num", "invalid_value", "1"),
        ("/paraphrase", {"text": "你好", "num": 9, "samples": 3}, "samples", "invalid_value", "at least num, 9"),
        ("/paraphrase", {"text": "你好", "samples": 10**6}, "samples", "invalid_value", "128"),
        ("/paraphrase", {"text": "你好", "max_tokens": 17}, "max_tokens", "invalid_value", "at most 16"),
        ("/paraphrase", {"text": "你好", "stream": True}, "stream", "unknown_parameter", "stream"),
    ],
)
def test_a_wrong_request_is_refused_by_parameter(client, path, body, param, code, words):
    response = client.post(path, json=body)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param, code), error
    assert words in error["message"]


def test_a_server_without_such_a_run_says_so():
    with TestClient(make_app()) as client:
        for path, body, told in ((EMBED, {"input": "好"}, "No run"), ("/paraphrase", {"text": "好"}, "No run"),
                                 ("/search", {"query": "好"}, "This server has no index")):  # fmt: skip
            response = client.post(path, json=body)
            assert response.status_code == 404 and response.json()["error"]["message"].startswith(told)


def test_a_text_without_tokens_names_its_parameter(client):
    for path, param in ((EMBED, "input"), ("/search", "query")):
        response = client.post(path, json={param: "\u0301"})
        assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_unknown_runs_and_indexes_are_404(client):
    for path, body in ((EMBED, {"input": "好", "model": "chat/parrot"}), ("/search", {"query": "好", "index": "fag"}),
                       ("/paraphrase", {"text": "好", "model": "seq2seq/parrot"})):  # fmt: skip
        assert client.post(path, json=body).status_code == 404
    assert "Did you mean faq?" in client.post("/search", json={"query": "好", "index": "fag"}).json()["error"]["message"]


def test_a_search_gives_the_nearest_items(client):
    body = client.post("/search", json={"query": "你好", "k": 2}).json()
    assert [each["text"] for each in body["data"]] == ["你好", "你好吗"]
    assert body["data"][0]["score"] == pytest.approx(1) and (body["index"], body["model"]) == ("faq", RUN)
    reranked = client.post("/search", json={"query": "今天", "k": 3, "rerank": "length"}).json()["data"]
    assert [each["id"] for each in reranked] == [2, 0, 1]
    assert len(client.post("/search", json={"query": "你好", "k": 1000}).json()["data"]) == 5
    (told,) = client.get("/search").json()["data"]
    about = {"id": "faq", "object": "index", "model": RUN, "size": 5}
    assert told == about | {"rerankers": ["length"], "ways": ["vectors", "lexical"]}
    assert client.post("/search", json={"query": "好", "k": 1, "by": "lexical"}).json()["data"][0]["id"] == 0


def test_paraphrases_differ_from_the_text_and_from_each_other_most_similar_first(client):
    body = client.post("/paraphrase", json={"text": "掷骰子", "num": 3, "samples": 20, "seed": 1}).json()
    texts, similar = [each["text"] for each in body["data"]], [each["similarity"] for each in body["data"]]
    assert len(set(texts)) == 3 and similar == sorted(similar, reverse=True) and body["samples"] == 20
    assert body["usage"]["completion_tokens"] == 120 and body["distinct"] <= 20
    assert client.post("/paraphrase", json={"text": "掷骰子", "num": 3, "samples": 20, "seed": 1}).json()["data"] == body["data"]
    assert client.post("/paraphrase", json={"text": "你好", "samples": 10}).json()["data"] == [], "the parrot says the same again"
    body = client.post("/paraphrase", json={"text": "掷骰子", "samples": 10, "max_tokens": 4}).json()
    assert body["data"] == [] and body["distinct"] == 0, "texts that are cut are none"


def test_models_tell_what_makes_vectors(client):
    models = {model["id"]: model for model in client.get("/v1/models").json()["data"]}
    assert models[RUN]["dimensions"] == Letters.dimensions and "dimensions" not in models["chat/parrot"]
    assert client.get("/health").json()["status"] == "ok" and RUN in client.get("/health").json()["models"]


def test_requests_and_texts_are_counted():
    with TestClient(make_app(similar=True)) as client:
        client.post(EMBED, json={"input": ["你好", "今天"]})
        client.post("/search", json={"query": "你好"})
        client.post("/paraphrase", json={"text": "掷骰子", "num": 2, "samples": 9})
        found = client.get("/metrics").text
    for line in ('embeddings_total{model="simbert/letters"} 2.0', 'searches_total{index="faq"} 1.0',
                 'paraphrases_total{model="simbert/letters"} 2.0', 'prompt_tokens_total{model="simbert/letters"} 5.0',
                 'open{model="simbert/letters",state="embedding"} 0.0'):  # fmt: skip
        assert f"baselines_{line}" in found, line


def test_texts_of_many_users_go_through_the_model_together(thread):
    embedding = thread()
    embedding.model.going.clear()
    futures = [embedding.submit(["今天"])]
    while not embedding.model.passes:
        time.sleep(0.005)
    futures += [embedding.submit([text]) for text in "你好吗天"]
    embedding.model.going.set()
    found = [future.result(60)[0][0] for future in futures]
    assert embedding.model.passes == [["今天"], list("你好吗天")]
    np.testing.assert_allclose(found, Letters().embed(["今天", *"你好吗天"])[0])


def test_a_large_request_does_not_hold_up_a_small_one(thread):
    embedding, done = thread(), []
    embedding.model.going.clear()
    large = embedding.submit(["今天"] * 10 * BATCH_SIZE)
    small = embedding.submit(["你好"])
    for name, future in (("large", large), ("small", small)):
        future.add_done_callback(lambda _, name=name: done.append(name))
    embedding.model.going.set()
    concurrent.futures.wait([large, small], 60)
    assert done == ["small", "large"] and max(map(len, embedding.model.passes)) <= BATCH_SIZE
    assert large.result()[0].shape == (10 * BATCH_SIZE, Letters.dimensions) and large.result()[1] == [4] * 10 * BATCH_SIZE


def test_a_text_that_fails_fails_its_own_request_only(thread):
    embedding = thread()
    embedding.model.going.clear()
    first = embedding.submit(["今天"])
    good, bad, broken = embedding.submit(["你好"]), embedding.submit(["好", "\u200b"]), embedding.submit(["砸"])
    embedding.model.going.set()
    assert len(first.result(60)[1]) == len(good.result(60)[1]) == 1
    assert isinstance(bad.exception(60), ValueError) and isinstance(broken.exception(60), RuntimeError)
    assert len(embedding.submit(["你好"]).result(60)[1]) == 1


def test_a_full_queue_and_the_end_are_told_and_what_was_given_up_is_left_out(thread):
    embedding = thread(max_queue=2)
    embedding.model.going.clear()
    first = embedding.submit(["今天"])
    while not embedding.model.passes:
        time.sleep(0.005)
    waiting = [embedding.submit(["你好"]), embedding.submit(["再见"])]
    with pytest.raises(ApiError) as full:
        embedding.submit(["好"])
    assert full.value.status == 429 and full.value.headers == {"Retry-After": "1"}
    assert waiting[0].cancel()
    embedding.model.going.set()
    assert len(first.result(60)[1]) == len(waiting[1].result(60)[1]) == 1
    assert ["再见"] in embedding.model.passes
    embedding.close()
    with pytest.raises(ApiError) as closed:
        embedding.submit(["好"])
    assert closed.value.status == 503 and not embedding.alive()


def test_vectors_that_take_too_long_are_given_up():
    with TestClient(make_app(Limits(timeout=0.1), pause=0.3, similar=True)) as client:
        for path, body in ((EMBED, {"input": "你好"}), ("/search", {"query": "你好"}), ("/paraphrase", {"text": "你好"})):
            response = client.post(path, json=body)
            assert (response.status_code, response.json()["error"]["code"]) == (504, "timeout")


def test_a_thousand_texts_from_many_users_at_once(client):
    def ask(number):
        return client.post(EMBED, json={"input": [str(number), "你好"]})

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(ask, range(500)))
    expected = [Letters().embed([str(number), "你好"])[0] for number in range(500)]
    assert {answer.status_code for answer in answers} == {200}
    np.testing.assert_allclose(np.array([vectors(answer) for answer in answers]), expected, atol=1e-6)
    assert threading.active_count() < 100
